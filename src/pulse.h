/* SPDX-License-Identifier: ISC */
/*
 * Whether a worker still responds, judged by the beats of its loop (shared_page.h). Pure: the caller reads the number
 * of beats and the clock. Times are monotonic.
 */
#ifndef ROLLCALL_PULSE_H
#define ROLLCALL_PULSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PULSE_LOOK_MS = 500,        /* between two looks; a worker beats every PRESENCE_TICK_MS */
    PULSE_SILENT_MS = 7000,     /* without a beat: it is replaced within 10 s, and no worker is busy for that long */
    PULSE_BEGIN_MS = 15 * 1000, /* the same before the first beat: opening the database may take 10 s */
    PULSE_ASLEEP_MS = 2000,     /* between two looks: the master did not run either */
};

struct pulse {
    unsigned beats;   /* as last read */
    int64_t heard_ms; /* when that number last changed */
    bool begun;       /* it has changed */
};

/* A worker was started; its number of beats is BEATS. */
void pulse_begin(struct pulse *self, unsigned beats, int64_t now_ms);

/* Takes the number of beats as read now. True if the worker has been silent for too long. */
bool pulse_look(struct pulse *self, unsigned beats, int64_t now_ms);

/* Does not count the time since the last look: the master did not run, so maybe no worker did. */
void pulse_excuse(struct pulse *self, int64_t now_ms);

#endif
