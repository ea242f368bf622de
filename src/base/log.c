/* SPDX-License-Identifier: ISC */
/*
 * See log.h. Each line is one write(), so that lines of several workers never mix. A terminal gets plain text; anything
 * else gets a <N> in front, from which journald takes the priority (sd-daemon(3)).
 */
#include "base/log.h"

#include "base/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 2000,
    MARK_BYTES = 3, /* of the <N> in front of each line */
    STOP_MS = 250,  /* for the last lines of a process, if they are not read */
};

/* Set while the process starts. */
static enum log_level threshold = LOG_LEVEL_INFO;
static bool to_syslog = false;
static bool queued = false; /* lines go through the writer */
static struct log_writer writer;
static atomic_ulong dropped;

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

/* C0, DEL, and C1 in UTF-8: everything that moves a terminal's cursor or ends a line. */
static bool is_control(unsigned char byte, unsigned char before)
{
    return byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte >= 0x80 && byte <= 0x9f);
}

/* Copies TEXT to OUT (of SIZE bytes) with control bytes as \xNN; returns the length. */
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

/* ---- writing ---- */

/* Writes BYTES to stderr, however long that takes. False if stderr is gone or full. */
static bool write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t some = write(STDERR_FILENO, bytes, len);
        if (some >= 0) {
            bytes += some;
            len -= (size_t)some;
        } else if (errno == EAGAIN) { /* O_NONBLOCK, set by a process that shares stderr */
            struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* LINE is "<N>...\n". */
static void write_line(const char *line, size_t len)
{
    if (to_syslog) {
        syslog(line[1] - '0', "%.*s", (int)(len - MARK_BYTES - 1), line + MARK_BYTES);
        return;
    }
    size_t start = isatty(STDERR_FILENO) ? MARK_BYTES : 0;
    if (!write_all(line + start, len - start))
        atomic_fetch_add(&dropped, 1);
}

static void tell_dropped(unsigned long count)
{
    char line[128];
    int len = snprintf(line, sizeof line, "<%d>%lu log lines were dropped: the log is read too slowly or not at all\n",
                       LOG_WARNING, count);
    write_line(line, (size_t)len);
}

static void put(const char *line, size_t len)
{
    if (!queued)
        write_line(line, len);
    else if (!log_writer_put(&writer, line, len))
        atomic_fetch_add(&dropped, 1);
}

void log_start(void)
{
    struct stat about;
    atomic_store(&dropped, 0); /* the parent reports its own */
    /* A file never makes us wait for a reader, and then it has an audit line before the request is answered. */
    bool file = !to_syslog && fstat(STDERR_FILENO, &about) == 0 && S_ISREG(about.st_mode);
    queued = !file && log_writer_start(&writer, write_line, tell_dropped);
}

void log_stop(void)
{
    if (queued)
        log_writer_flush(&writer, STOP_MS);
}

void log_before_fork(void)
{
    if (to_syslog) /* write(2) has no lock that a child could inherit */
        log_stop();
}

unsigned long log_dropped(void)
{
    return atomic_load(&dropped);
}

/* ---- lines ---- */

__attribute__((format(printf, 2, 0))) static void emit(enum log_level level, const char *format, va_list args)
{
    if (!log_enabled(level))
        return;
    char text[LINE_MAX_BYTES];
    vsnprintf(text, sizeof text, format, args);
    char line[LINE_MAX_BYTES + 1];
    size_t start = (size_t)snprintf(line, sizeof line, "<%d>", priority_of(level));
    size_t len = start + escape(line + start, LINE_MAX_BYTES - start, text);
    line[len++] = '\n';
    put(line, len);
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
