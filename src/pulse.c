/* SPDX-License-Identifier: ISC */
/* See pulse.h. */
#include "pulse.h"

void pulse_begin(struct pulse *self, unsigned beats, int64_t now_ms)
{
    *self = (struct pulse){.beats = beats, .heard_ms = now_ms};
}

bool pulse_look(struct pulse *self, unsigned beats, int64_t now_ms)
{
    if (beats == self->beats)
        return now_ms - self->heard_ms >= (self->begun ? PULSE_SILENT_MS : PULSE_BEGIN_MS);
    *self = (struct pulse){.beats = beats, .heard_ms = now_ms, .begun = true};
    return false;
}

void pulse_excuse(struct pulse *self, int64_t now_ms)
{
    self->heard_ms = now_ms;
}
