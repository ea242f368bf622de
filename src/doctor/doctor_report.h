/* SPDX-License-Identifier: ISC */
/* What --doctor has found: printed line by line, and counted. Every check reports here. */
#ifndef ROLLCALL_DOCTOR_REPORT_H
#define ROLLCALL_DOCTOR_REPORT_H

#include <stdbool.h>

struct conf;

enum finding { FINDING_GOOD, FINDING_NOTE, FINDING_BAD };

/* One examination. */
struct doctor {
    const struct conf *conf; /* borrowed */
    const char *docs;        /* borrowed: the directory of the guides and examples */
    unsigned bad;            /* findings */
    bool redis_works;        /* it is up, and takes writes */
};

/* Prints a finding about SUBJECT ("socket", "redis", ...) as a line; FORMAT as for printf. */
void doctor_report(struct doctor *self, enum finding finding, const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Prints what is going to take a while, so that it does not look as if it hangs. It is not a finding. */
void doctor_report_wait(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
