/* SPDX-License-Identifier: ISC */
/*
 * A thread that writes lines to something that may block: a pipe, a socket, a terminal, syslog. The caller puts its
 * line into a queue of fixed size and goes on; a line that does not fit is dropped. Non-blocking writes would not do:
 * O_NONBLOCK belongs to the open file, which others share (a shell its terminal), and poll() promises nothing if
 * several processes write.
 */
#ifndef ROLLCALL_BASE_LOG_WRITER_H
#define ROLLCALL_BASE_LOG_WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { LOG_WRITER_BYTES = 64 << 10 };

struct log_writer {
    /* Writes one line, however long that takes. Called only by the thread. */
    void (*write)(const char *line, size_t len);
    /* Reports that COUNT lines were dropped, at the place where they are missing. Called only by the thread. */
    void (*tell)(unsigned long count);
    pthread_mutex_t lock; /* guards all below except `writing`, which is the thread's */
    pthread_cond_t changed;
    size_t len;            /* bytes in `queue` */
    unsigned long missing; /* lines dropped since the last report */
    bool idle;             /* nothing is being written */
    char queue[LOG_WRITER_BYTES];
    char writing[LOG_WRITER_BYTES];
};

/*
 * Empties the queue and starts the thread; also in a forked child, which inherits the queue but not the thread. False
 * if there is no thread.
 */
bool log_writer_start(struct log_writer *self, void (*write)(const char *line, size_t len),
                      void (*tell)(unsigned long count));

/* Queues LEN bytes, a line with its line feed. False if it was dropped. Never waits. */
bool log_writer_put(struct log_writer *self, const char *line, size_t len);

/* Waits until all is written, but for MS milliseconds at most. The thread runs until the process ends. */
void log_writer_flush(struct log_writer *self, int ms);

#endif
