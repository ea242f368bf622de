/* SPDX-License-Identifier: ISC */
/* See doctor_report.h. */
#include "doctor/doctor_report.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 0))) static void print_line(const char *mark, const char *subject, const char *format,
                                                             va_list args)
{
    printf("%-4s %-13s ", mark, subject);
    vprintf(format, args);
    putchar('\n');
    fflush(stdout);
}

void doctor_report(struct doctor *self, enum finding finding, const char *subject, const char *format, ...)
{
    static const char *const marks[] = {"ok", "note", "BAD"};
    va_list args;

    self->bad += finding == FINDING_BAD;
    va_start(args, format);
    print_line(marks[finding], subject, format, args);
    va_end(args);
}

void doctor_report_wait(const char *subject, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_line("", subject, format, args);
    va_end(args);
}
