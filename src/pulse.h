/* SPDX-License-Identifier: ISC */
/*
 * Whether a worker still responds, judged by the beats of its loop (shared_page.h). Pure: the master reads the count and the
 * clock. Times are monotonic.
 */
#ifndef ROLLCALL_PULSE_H
#define ROLLCALL_PULSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PULSE_LOOK_MS = 500,        /* between looks at the beats, which come every PRESENCE_TICK_MS */
    PULSE_SILENT_MS = 7000,     /* without a beat: it is replaced within 10 s, and no busy moment is so long */
    PULSE_BEGIN_MS = 15 * 1000, /* the same before the first beat: opening the database may take 10 s */
    PULSE_ASLEEP_MS = 2000,     /* a look that comes so late: the master did not run either */
};

struct pulse {
    unsigned beats;   /* as last read */
    int64_t heard_ms; /* when they were last seen to change */
    bool begun;       /* there was one */
};

/* A worker is started whose count stands at BEATS. */
void pulse_begin(struct pulse *self, unsigned beats, int64_t now_ms);

/* Takes what was read now. Whether the worker has been silent for too long. */
bool pulse_look(struct pulse *self, unsigned beats, int64_t now_ms);

/* The time since the last look does not count: the master did not run, and so perhaps no worker did. */
void pulse_excuse(struct pulse *self, int64_t now_ms);

#endif
