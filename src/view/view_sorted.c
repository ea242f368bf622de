/* SPDX-License-Identifier: ISC */
/*
 * The users who are in full answers, by id, for the status resource. Sorted when first asked for and kept in order from
 * then on: a change moves a few bytes of the array, while sorting again would cost the whole workspace at each
 * request.
 */
#include "view/view_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SORTED_MIN = 16 };

static int compare_keys(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order != 0)
        return order;
    return (a_len > b_len) - (a_len < b_len);
}

static int compare_entries(const void *a, const void *b)
{
    const struct view_entry *left = *(struct view_entry *const *)a;
    const struct view_entry *right = *(struct view_entry *const *)b;
    return compare_keys(left->key, left->key_len, right->key, right->key_len);
}

/* How many ids are below KEY; KEY itself counts if INCLUDED. */
static size_t count_below(const struct view_sorted *self, const char *key, size_t len, bool included)
{
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct view_entry *entry = self->entries[middle];
        int order = compare_keys(entry->key, entry->key_len, key, len);
        if (order < 0 || (order == 0 && included))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_room(struct view_sorted *self)
{
    if (self->count < self->capacity)
        return;
    self->capacity = self->capacity < SORTED_MIN ? SORTED_MIN : self->capacity + self->capacity / 2;
    self->entries = mem_resize(self->entries, self->capacity, sizeof *self->entries);
}

void view_sorted_fini(struct view_sorted *self)
{
    free(self->entries);
    *self = (struct view_sorted){.entries = NULL};
}

void view_sorted_add(struct view_sorted *self, struct view_entry *entry)
{
    if (!self->kept)
        return;
    make_room(self);
    size_t at = count_below(self, entry->key, entry->key_len, false);
    memmove(self->entries + at + 1, self->entries + at, (self->count - at) * sizeof *self->entries);
    self->entries[at] = entry;
    self->count++;
}

void view_sorted_remove(struct view_sorted *self, struct view_entry *entry)
{
    if (!self->kept)
        return;
    size_t at = count_below(self, entry->key, entry->key_len, false);
    if (at == self->count || self->entries[at] != entry)
        return;
    self->count--;
    memmove(self->entries + at, self->entries + at + 1, (self->count - at) * sizeof *self->entries);
}

/* Sorts once; from then on view_sorted_add() and view_sorted_remove() keep the order. */
static void sort_once(struct view_sorted *self, struct list_node *shown)
{
    if (self->kept)
        return;
    self->kept = true;
    for (struct list_node *at = shown->next; at != shown; at = at->next) {
        make_room(self);
        self->entries[self->count++] = LIST_OWNER(at, struct view_entry, shown);
    }
    if (self->count > 1)
        qsort(self->entries, self->count, sizeof *self->entries, compare_entries);
}

size_t view_sorted_after(struct view_sorted *self, struct list_node *shown, const char *after, size_t len)
{
    sort_once(self, shown);
    return after ? count_below(self, after, len, true) : 0;
}
