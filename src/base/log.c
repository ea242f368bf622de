/* SPDX-License-Identifier: ISC */
/*
 * Log lines. One write() a line, so that the lines of several workers never mix. A terminal gets plain text, anything else
 * the <N> that journald (and whoever else reads sd-daemon(3) prefixes) takes the priority from.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2000 };

/* What all of a process logs by; set while it starts. */
static enum log_level threshold = LOG_LEVEL_INFO;
static bool to_syslog = false;

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_level_parse(const char *name, enum log_level *level)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_use_syslog(void)
{
    openlog("rollcalld", LOG_PID, LOG_DAEMON);
    to_syslog = true;
}

bool log_enabled(enum log_level level)
{
    return level <= threshold;
}

static int priority_of(enum log_level level)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    return priorities[level];
}

/* C0, DEL, and C1 in its UTF-8 form: all that moves a terminal's cursor or ends a line. */
static bool is_control(unsigned char byte, unsigned char before)
{
    return byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte >= 0x80 && byte <= 0x9f);
}

/* TEXT into OUT (of SIZE bytes) with control bytes shown as \xNN; returns the length. */
static size_t escape(char *out, size_t size, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;
    unsigned char before = 0;
    for (; *text != '\0' && len + 4 < size; text++) {
        unsigned char byte = (unsigned char)*text;
        if (is_control(byte, before)) {
            out[len++] = '\\';
            out[len++] = 'x';
            out[len++] = digits[byte >> 4];
            out[len++] = digits[byte & 15];
        } else {
            out[len++] = (char)byte;
        }
        before = byte;
    }
    out[len] = '\0';
    return len;
}

__attribute__((format(printf, 2, 0))) static void emit(enum log_level level, const char *format, va_list args)
{
    if (!log_enabled(level))
        return;
    char text[LINE_MAX_BYTES];
    vsnprintf(text, sizeof text, format, args);
    char line[LINE_MAX_BYTES + 1];
    size_t start = 0;
    if (!to_syslog && !isatty(STDERR_FILENO))
        start = (size_t)snprintf(line, sizeof line, "<%d>", priority_of(level));
    size_t len = start + escape(line + start, LINE_MAX_BYTES - start, text);
    if (to_syslog) {
        syslog(priority_of(level), "%s", line);
        return;
    }
    line[len++] = '\n';
    /* Nobody is left to tell where stderr itself is gone. */
    (void)!write(STDERR_FILENO, line, len);
}

void log_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(LOG_LEVEL_WARN, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(LOG_LEVEL_DEBUG, format, args);
    va_end(args);
}
