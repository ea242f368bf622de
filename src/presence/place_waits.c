/* SPDX-License-Identifier: ISC */
/* See place_sync.h: who waits for sets. */
#include "presence/place_sync.h"

#include "base/mem.h"
#include "view/reading.h"

#include <stdlib.h>
#include <string.h>

struct place_sync *place_sync_find(struct presence *presence, const char *workspace)
{
    struct place_sync *self;

    HASH_FIND_STR(presence->place_syncs, workspace, self);
    return self;
}

/* Somebody who waits for sets. */
struct place_waiter {
    struct place_waiter *next;
    const struct place_wants *wants; /* borrowed until fn is called */
    void (*fn)(void *ctx, struct view *view);
    void *ctx;
};

static bool is_known(const struct place *place)
{
    return place && place->set && !place->stale;
}

void place_waits_each(const struct place_sync *self, const struct place_wants *wants,
                      void (*fn)(void *ctx, struct place *place), void *ctx)
{
    size_t count;

    for (size_t i = 0; i < wants->count; i++) {
        const char *name = wants->names[i];
        if (strcmp(name, READING_DMS) != 0) {
            fn(ctx, places_find(self->places, name, strlen(name)));
            continue;
        }
        struct place *const *dms = places_dms_of(self->places, wants->user, strlen(wants->user), &count);
        for (size_t j = 0; j < count; j++)
            fn(ctx, dms[j]);
    }
}

static void note_unknown(void *ctx, struct place *place)
{
    bool *all_known = ctx;

    *all_known = *all_known && is_known(place);
}

static void note_doubtful(void *ctx, struct place *place)
{
    bool *all_known = ctx;

    *all_known = *all_known && is_known(place) && !place->reading;
}

static bool has_dms(const struct place_wants *wants)
{
    for (size_t i = 0; i < wants->count; i++) {
        if (strcmp(wants->names[i], READING_DMS) == 0)
            return true;
    }
    return false;
}

/* Whether NOTE, called for each place that WANTS asks for, leaves it at true. */
static bool all_are(const struct place_sync *self, const struct place_wants *wants,
                    void (*note)(void *ctx, struct place *place))
{
    bool all_known = self->indexed || !has_dms(wants);

    if (all_known)
        place_waits_each(self, wants, note, &all_known);
    return all_known;
}

bool place_waits_ready(const struct place_sync *self, const struct place_wants *wants)
{
    return all_are(self, wants, note_doubtful);
}

void place_waits_add(struct place_sync *self, const struct place_wants *wants, void (*fn)(void *ctx, struct view *view),
                     void *ctx)
{
    struct place_waiter *waiter = mem_new(sizeof *waiter);

    *waiter = (struct place_waiter){self->waiters, wants, fn, ctx};
    self->waiters = waiter;
}

/* Gives VIEW to those who have all that they want, or to ALL. */
static void tell(struct place_sync *self, bool all, struct view *view)
{
    struct place_waiter *list = self->waiters;

    /* Those who are told may ask again: they join a new list. */
    self->waiters = NULL;
    while (list) {
        struct place_waiter *waiter = list;
        list = waiter->next;
        if (!all && !all_are(self, waiter->wants, note_unknown)) {
            waiter->next = self->waiters;
            self->waiters = waiter;
            continue;
        }
        waiter->fn(waiter->ctx, view);
        free(waiter);
    }
}

void place_waits_tell(struct place_sync *self, bool all)
{
    tell(self, all, self->view);
}

void place_waits_end(struct place_sync *self)
{
    tell(self, true, NULL);
}

void place_waits_wanted(struct place_sync *self, void (*fn)(void *ctx, struct place *place), void *ctx)
{
    for (const struct place_waiter *at = self->waiters; at; at = at->next)
        place_waits_each(self, at->wants, fn, ctx);
}
