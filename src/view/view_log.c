/* SPDX-License-Identifier: ISC */
/*
 * A view's entries in order of their latest change: an array that grows at its end; an entry that changes again
 * leaves a hole. Unlike in a list, what changed after any seq is found by bisection, so that a reader who fetches
 * everyone in 200 pages costs 200 pages and not 200 walks. Holes are squeezed out when the array is full.
 */
#include "view/view_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { LOG_MIN = 8 };

void view_log_init(struct view_log *self)
{
    *self = (struct view_log){.slots = NULL};
}

void view_log_fini(struct view_log *self)
{
    free(self->slots);
    view_log_init(self);
}

static void put(struct view_log *self, size_t index, struct view_entry *entry)
{
    self->slots[index] = entry;
    entry->slot = (uint32_t)index + 1;
}

static void squeeze(struct view_log *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->slots[i])
            put(self, count++, self->slots[i]);
    }
    self->count = count;
}

/* Leaves at least a quarter of the slots free, so that an append costs four moves in the long run. */
static void make_room(struct view_log *self)
{
    squeeze(self);
    if (self->count * 4 <= self->capacity * 3 && self->capacity > 0)
        return;
    self->capacity = self->capacity == 0 ? LOG_MIN : self->capacity + self->capacity / 2;
    self->slots = mem_resize(self->slots, self->capacity, sizeof *self->slots);
}

void view_log_append(struct view_log *self, struct view_entry *entry)
{
    view_log_remove(self, entry);
    if (self->count == self->capacity)
        make_room(self);
    put(self, self->count++, entry);
}

void view_log_remove(struct view_log *self, struct view_entry *entry)
{
    if (entry->slot == 0)
        return;
    assert(entry->slot <= self->count && self->slots[entry->slot - 1] == entry);
    self->slots[entry->slot - 1] = NULL;
    entry->slot = 0;
    while (self->count > 0 && !self->slots[self->count - 1])
        self->count--;
}

size_t view_log_after(const struct view_log *self, int64_t seq)
{
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t at = middle;
        while (at > low && !self->slots[at])
            at--;
        if (self->slots[at] && self->slots[at]->seq > seq)
            high = at;
        else
            low = middle + 1;
    }
    return low;
}
