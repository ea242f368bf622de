/* SPDX-License-Identifier: ISC */
/* A binary heap whose members know their slot, so that any of them can be removed. See alarms.h. */
#include "base/alarms.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { ALARMS_MIN = 16 };

void alarms_init(struct alarms *self)
{
    *self = (struct alarms){.heap = NULL};
}

void alarms_fini(struct alarms *self)
{
    free(self->heap);
    alarms_init(self);
}

static void put(struct alarms *self, size_t index, struct alarm *alarm)
{
    self->heap[index] = alarm;
    alarm->slot = (uint32_t)index + 1;
}

/* Puts ALARM at INDEX, or as far above it as ALARM is sooner. */
static void rise(struct alarms *self, size_t index, struct alarm *alarm)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (self->heap[parent]->at_ms <= alarm->at_ms)
            break;
        put(self, index, self->heap[parent]);
        index = parent;
    }
    put(self, index, alarm);
}

/* Puts ALARM at INDEX, or as far below it as ALARM is later. */
static void sink(struct alarms *self, size_t index, struct alarm *alarm)
{
    for (;;) {
        size_t child = index * 2 + 1;
        if (child >= self->count)
            break;
        if (child + 1 < self->count && self->heap[child + 1]->at_ms < self->heap[child]->at_ms)
            child++;
        if (alarm->at_ms <= self->heap[child]->at_ms)
            break;
        put(self, index, self->heap[child]);
        index = child;
    }
    put(self, index, alarm);
}

void alarms_set(struct alarms *self, struct alarm *alarm, int64_t at_ms)
{
    assert(alarm->slot == 0);
    if (self->count == self->capacity) {
        self->capacity = self->capacity < ALARMS_MIN ? ALARMS_MIN : self->capacity + self->capacity / 2;
        self->heap = mem_resize(self->heap, self->capacity, sizeof *self->heap);
    }
    alarm->at_ms = at_ms;
    rise(self, self->count++, alarm);
}

void alarms_clear(struct alarms *self, struct alarm *alarm)
{
    if (alarm->slot == 0)
        return;
    size_t hole = alarm->slot - 1;
    assert(hole < self->count && self->heap[hole] == alarm);
    alarm->slot = 0;
    struct alarm *last = self->heap[--self->count];
    if (last == alarm)
        return;
    if (hole > 0 && last->at_ms < self->heap[(hole - 1) / 2]->at_ms)
        rise(self, hole, last);
    else
        sink(self, hole, last);
}

struct alarm *alarms_first(const struct alarms *self)
{
    return self->count == 0 ? NULL : self->heap[0];
}

struct alarm *alarms_due(const struct alarms *self, int64_t now_ms)
{
    struct alarm *first = alarms_first(self);
    return first && first->at_ms <= now_ms ? first : NULL;
}
