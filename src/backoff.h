/* SPDX-License-Identifier: ISC */
/*
 * How long to wait before a worker that died is started again: not at all the first time, then longer each time until
 * one has run for a while. Pure: it reads no clock. Zeroed memory is a valid start.
 */
#ifndef ROLLCALL_BACKOFF_H
#define ROLLCALL_BACKOFF_H

#include <stdint.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000,
    BACKOFF_STEADY_MS = 10 * 1000, /* a worker that ran this long did not die of its start */
};

struct backoff {
    int64_t pause_ms; /* before the next restart, if the worker dies soon */
};

/* Takes that a worker died after LIVED_MS. Returns how many milliseconds to wait before the next start, 0 for none. */
int64_t backoff_next_ms(struct backoff *self, int64_t lived_ms);

#endif
