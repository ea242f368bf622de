/* SPDX-License-Identifier: ISC */
/* See shared_page.h. */
#include "shared_page.h"

#include "api/shared/metrics.h"
#include "base/mem.h"
#include "base/random.h"
#include "directory/directory.h"
#include "presence/presence.h"

enum { OWNER_LEN = 16 };

struct shared_page shared_page_new(unsigned slots)
{
    char *owner = mem_shared(OWNER_LEN + 1);
    random_name(owner, OWNER_LEN);
    return (struct shared_page){
        .metrics = metrics_shared_new(slots),
        .commits = mem_shared(DIRECTORY_SHARED_BYTES),
        .steady = mem_shared(PRESENCE_SHARED_BYTES),
        .slots = slots,
        .beats = mem_shared(slots * sizeof(atomic_uint)),
        .owner = owner,
    };
}

void shared_page_beat(const struct shared_page *self, unsigned slot)
{
    atomic_fetch_add_explicit(&self->beats[slot % self->slots], 1, memory_order_relaxed);
}

unsigned shared_page_beats(const struct shared_page *self, unsigned slot)
{
    return atomic_load_explicit(&self->beats[slot % self->slots], memory_order_relaxed);
}
