/* SPDX-License-Identifier: ISC */
/*
 * One line per event, to stderr (with journald's <N> prefixes) or syslog. Control bytes are shown as \xNN, so that no
 * client can forge a line; a line is cut after 2,000 bytes. Never pass a secret. A process that serves never waits
 * until its log is read: see log_start().
 */
#ifndef ROLLCALL_BASE_LOG_H
#define ROLLCALL_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* From now on lines above LEVEL are dropped. Before the first call the level is "info". */
void log_set_level(enum log_level level);

/* Sets LEVEL to the level called NAME ("error", "warn", "info", "debug"); false if there is none. */
bool log_level_parse(const char *name, enum log_level *level);

/* From now on lines go to syslog (facility daemon) instead of stderr. */
void log_use_syslog(void);

/*
 * From now on lines are queued for a thread that writes them, unless stderr is a file. A line that does not fit is
 * dropped and counted, and a later line says how many were. Each process that serves calls it: a forked child has no
 * thread until it does. Without it each line is written at once, and if nobody reads stderr, the caller waits.
 */
void log_start(void);

/* Waits for queued lines to be written, for a moment at most. Call it before the process ends. */
void log_stop(void);

/* Call it right before fork(2): if the thread were inside syslog(3), the child would find its locks held forever. */
void log_before_fork(void);

/* How many lines of this process, since log_start(), were never written. */
unsigned long log_dropped(void);

/* Whether a line of LEVEL would be written: to skip the work of composing it. */
bool log_enabled(enum log_level level);

/* Logs a line, as printf(3) writes it, without a line feed at the end. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
