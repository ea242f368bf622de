/* SPDX-License-Identifier: ISC */
/* See writer_state.h. */
#include "directory/writer_state.h"

#include "base/log.h"

#include <stdio.h>
#include <time.h>

enum {
    BEHIND_MS = 3000, /* usually a copy is behind for less than one second, which is not worth a sentence */
    HELD_MS = 15000,  /* nobody may write any more, and so find out whether the record is still held */
};

void writer_state_init(struct writer_state *self)
{
    pthread_mutex_init(&self->lock, NULL);
}

void writer_state_fini(struct writer_state *self)
{
    pthread_mutex_destroy(&self->lock);
}

void writer_state_note(struct writer_state *self, enum directory_result result, const char *error, int64_t now_ms)
{
    bool well = result == DIRECTORY_OK || result == DIRECTORY_BUSY;
    pthread_mutex_lock(&self->lock);
    bool was_well = self->wrong_since_ms == 0;
    if (result == DIRECTORY_OK)
        self->followed_ms = now_ms;
    if (well)
        self->wrong_since_ms = 0;
    else if (was_well)
        self->wrong_since_ms = now_ms;
    snprintf(self->wrong, sizeof self->wrong, "%s", well ? "" : error);
    pthread_mutex_unlock(&self->lock);
    if (!well && was_well)
        log_error("%s; nothing can be written until then", error);
    else if (well && !was_well)
        log_info("the record can be reached again");
}

void writer_state_note_write(struct writer_state *self, enum directory_result result, const char *error, int64_t now_ms)
{
    bool held = result == DIRECTORY_BUSY;
    pthread_mutex_lock(&self->lock);
    bool was_held = self->held_since_ms > 0 && now_ms - self->held_ms < HELD_MS;
    if (held && !was_held)
        self->held_since_ms = now_ms;
    else if (!held)
        self->held_since_ms = 0;
    self->held_ms = now_ms;
    snprintf(self->held, sizeof self->held, "%s", held ? error : "");
    pthread_mutex_unlock(&self->lock);
    if (held && !was_held)
        log_warn("%s; nothing can be written until then", error);
}

static void write_wrong(int64_t since_ms, const char *wrong, char *out)
{
    time_t since_s = (time_t)(since_ms / 1000);
    struct tm at;
    char time[32];
    if (gmtime_r(&since_s, &at) && strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &at) > 0)
        snprintf(out, WRITER_ERROR_BYTES, "since %s: %.*s", time, WRITER_ERROR_BYTES - 64, wrong);
}

/* How long the oldest row has waited that the copy lacks. */
static int64_t behind_ms(struct writer_state *self, int64_t now_ms)
{
    int64_t since_ms = atomic_load(&self->watch.behind_since_ms);
    return since_ms > 0 && now_ms > since_ms ? now_ms - since_ms : 0;
}

void writer_state_sentence(struct writer_state *self, char *out, int64_t now_ms)
{
    long long making = atomic_load(&self->watch.making_rows);
    *out = '\0';
    pthread_mutex_lock(&self->lock);
    if (making > 0)
        snprintf(out, WRITER_ERROR_BYTES, "the copy is being made: %lld rows so far", making - 1);
    else if (self->wrong_since_ms > 0)
        write_wrong(self->wrong_since_ms, self->wrong, out);
    else if (self->held_since_ms > 0 && now_ms - self->held_ms < HELD_MS)
        write_wrong(self->held_since_ms, self->held, out);
    else if (behind_ms(self, now_ms) > BEHIND_MS)
        snprintf(out, WRITER_ERROR_BYTES, "the copy is behind by %lld rows and %lld s",
                 atomic_load(&self->watch.behind_rows), (long long)behind_ms(self, now_ms) / 1000);
    pthread_mutex_unlock(&self->lock);
}

/* Without contact, nobody knows what the copy lacks: it is as it was when it was last up to date. */
static int64_t lag_ms(struct writer_state *self, int64_t now_ms)
{
    int64_t alone_ms = 0;
    if (self->wrong_since_ms > 0)
        alone_ms = now_ms - (self->followed_ms > 0 ? self->followed_ms : self->wrong_since_ms);
    int64_t lag = behind_ms(self, now_ms);
    return alone_ms > lag ? alone_ms : lag;
}

void writer_state_figures(struct writer_state *self, struct writer_figures *out, int64_t now_ms)
{
    pthread_mutex_lock(&self->lock);
    bool up = self->wrong_since_ms == 0 && self->followed_ms > 0;
    bool older = !up || atomic_load(&self->watch.making_rows) > 0 || behind_ms(self, now_ms) > BEHIND_MS;
    *out = (struct writer_figures){
        .up = up,
        .older = older,
        .away_since_s = (unsigned long)(self->wrong_since_ms / 1000),
        .lag_s = (unsigned long)(lag_ms(self, now_ms) / 1000),
        .lag_rows = (unsigned long)atomic_load(&self->watch.behind_rows),
        .copied_s = (unsigned long)(atomic_load(&self->watch.made_ms) / 1000),
    };
    pthread_mutex_unlock(&self->lock);
}
