/* SPDX-License-Identifier: ISC */
/*
 * See log_writer.h. The thread takes the whole queue at once and writes it line by line, since only short writes are
 * atomic.
 */
#include "base/log_writer.h"

#include "base/thread.h"

#include <string.h>
#include <time.h>

/* Waits for lines and takes them. Returns their length and sets MISSING to how many were dropped after them. */
static size_t take(struct log_writer *self, unsigned long *missing)
{
    pthread_mutex_lock(&self->lock);
    self->idle = self->len == 0;
    pthread_cond_broadcast(&self->changed);
    while (self->len == 0)
        pthread_cond_wait(&self->changed, &self->lock);
    size_t len = self->len;
    memcpy(self->writing, self->queue, len);
    *missing = self->missing;
    self->len = 0;
    self->missing = 0;
    self->idle = false;
    pthread_mutex_unlock(&self->lock);
    return len;
}

static void *run(void *ctx)
{
    struct log_writer *self = ctx;
    for (;;) {
        unsigned long missing;
        size_t len = take(self, &missing);
        for (const char *line = self->writing, *end = line + len; line < end;) {
            const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
            self->write(line, (size_t)(next - line));
            line = next;
        }
        if (missing > 0)
            self->tell(missing);
    }
    return NULL;
}

bool log_writer_start(struct log_writer *self, void (*write)(const char *line, size_t len),
                      void (*tell)(unsigned long count))
{
    pthread_condattr_t attributes;
    self->write = write;
    self->tell = tell;
    self->len = 0;
    self->missing = 0;
    self->idle = true;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return thread_start(run, self) == 0;
}

bool log_writer_put(struct log_writer *self, const char *line, size_t len)
{
    pthread_mutex_lock(&self->lock);
    bool fits = len <= sizeof self->queue - self->len;
    if (fits) {
        memcpy(self->queue + self->len, line, len);
        self->len += len;
        pthread_cond_broadcast(&self->changed);
    } else {
        self->missing++;
    }
    pthread_mutex_unlock(&self->lock);
    return fits;
}

void log_writer_flush(struct log_writer *self, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&self->lock);
    while ((self->len > 0 || !self->idle) && pthread_cond_timedwait(&self->changed, &self->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&self->lock);
}
