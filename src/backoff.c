/* SPDX-License-Identifier: ISC */
/* See backoff.h. */
#include "backoff.h"

int64_t backoff_next_ms(struct backoff *self, int64_t lived_ms)
{
    int64_t pause_ms = lived_ms >= BACKOFF_STEADY_MS ? 0 : self->pause_ms;
    if (pause_ms == 0)
        self->pause_ms = BACKOFF_FIRST_MS;
    else if (pause_ms * 2 < BACKOFF_LAST_MS)
        self->pause_ms = pause_ms * 2;
    else
        self->pause_ms = BACKOFF_LAST_MS;
    return pause_ms;
}
