/* SPDX-License-Identifier: ISC */
/*
 * One line per event, to stderr (with journald's <N> prefixes) or syslog. Control bytes are shown as \xNN, so that
 * nothing a client sends can forge a line; a line ends after 2,000 bytes. Never pass a secret.
 *
 * A process that serves never waits until its log is read: see log_start().
 */
#ifndef ROLLCALL_BASE_LOG_H
#define ROLLCALL_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above LEVEL are dropped from now on; "info" before the first call. */
void log_set_level(enum log_level level);

/* The level called NAME ("error", "warn", "info", "debug") into LEVEL; false where there is none such. */
bool log_level_parse(const char *name, enum log_level *level);

/* From now on to syslog (facility daemon) instead of stderr. */
void log_use_syslog(void);

/*
 * From now on lines are queued for a thread that writes them, unless stderr is a file; what does not fit is dropped and
 * counted, and a line says how many. For processes that serve, each for itself: a forked child has no thread until it calls
 * this too. Without it a line is written at once, and a stderr that nobody reads holds its writer up.
 */
void log_start(void);

/* Gives queued lines a moment to be written, before the process ends. */
void log_stop(void);

/* To be called right before fork(2): a child would find the locks of syslog(3) held for ever if the thread were in there. */
void log_before_fork(void);

/* How many lines of this process were never written; after a fork, since log_start(). */
unsigned long log_dropped(void);

/* True where a line of LEVEL would be written: for what is costly to put together. */
bool log_enabled(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
