/* SPDX-License-Identifier: ISC */
/* See shared.h. */
#include "shared.h"

#include "api/shared/metrics.h"
#include "base/mem.h"
#include "directory/directory.h"

struct shared shared_new(unsigned workers)
{
    return (struct shared){metrics_board_new(workers), mem_shared(DIRECTORY_SHARED_BYTES), workers,
                           mem_shared(workers * sizeof(atomic_uint))};
}

void shared_beat(const struct shared *self, unsigned slot)
{
    atomic_fetch_add_explicit(&self->beats[slot % self->workers], 1, memory_order_relaxed);
}

unsigned shared_beats(const struct shared *self, unsigned slot)
{
    return atomic_load_explicit(&self->beats[slot % self->workers], memory_order_relaxed);
}
