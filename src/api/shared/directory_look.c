/* SPDX-License-Identifier: ISC */
/* See directory_look.h. */
#include "api/shared/directory_look.h"

#include <stdio.h>

bool directory_look_due(const struct directory_look *self, int64_t now_ms)
{
    return self->looked_ms == 0 || now_ms - self->looked_ms >= DIRECTORY_LOOK_MS;
}

void directory_look_take(struct directory_look *self, enum directory_result result, const char *error, int64_t now_ms)
{
    if (self->looked_ms == 0)
        self->well_ms = now_ms; /* it was opened just now */
    self->looked_ms = now_ms;
    if (result == DIRECTORY_OK) {
        self->well_ms = now_ms;
        self->wrong[0] = '\0';
    } else if (result != DIRECTORY_BUSY || now_ms - self->well_ms >= DIRECTORY_HELD_MS) {
        snprintf(self->wrong, sizeof self->wrong, "%s", error);
    }
}
