/* SPDX-License-Identifier: ISC */
/* See place_sync.h and presence.h: what readers ask for, and what happens. */
#include "presence/place_sync.h"

#include "base/clock.h"
#include "base/mem.h"
#include "view/reading.h"

#include <stdlib.h>
#include <string.h>

enum {
    PRUNE_MS = 10000, /* between two looks for places that nobody wants any more */
    IDLE_MS = 60000,  /* a channel of places that nobody has used for so long is not heard any more */
};

/* ---- asking ---- */

static void on_subscribed(void *ctx, enum redis_result result)
{
    struct place_read *read = ctx;
    struct place_sync *self = place_sync_find(read->presence, read->workspace);

    free(read);
    if (!self)
        return;
    if (result != REDIS_OK) {
        place_waits_tell(self, true);
        return;
    }
    self->listening = true;
    if (self->dms_asked_ms > 0)
        place_reads_index(self);
    place_waits_wanted(self, place_reads_unknown, self);
}

static struct place_sync *sync_new(struct presence *presence, struct view *view)
{
    struct place_sync *self = mem_new(sizeof *self);
    struct script_keys keys;
    char channel[KEY_MAX];

    self->presence = presence;
    self->view = view;
    self->places = view_places(view);
    self->used_ms = clock_mono_ms();
    HASH_ADD_KEYPTR(hh, presence->place_syncs, view_workspace(view), strlen(view_workspace(view)), self);
    script_keys_init(&keys, view_workspace(view), NULL);
    script_key_places(&keys, channel);
    redis_router_subscribe(presence->redis, channel, on_subscribed, place_read_new(self, ""));
    return self;
}

static void ask(struct place_sync *self, const struct place_wants *wants, int64_t now_ms)
{
    int64_t redis_ms = expiry_redis_ms(self->presence, view_workspace(self->view));

    self->used_ms = now_ms;
    for (size_t i = 0; i < wants->count; i++) {
        if (strcmp(wants->names[i], READING_DMS) == 0) {
            self->dms_asked_ms = now_ms;
            continue;
        }
        struct place *place = place_reads_hold(self, wants->names[i], now_ms);
        if (!place_is_known(place, redis_ms) && !place->reading)
            place_reads_set(self, place);
    }
    if (self->dms_asked_ms > 0 && !self->indexed)
        place_reads_index(self);
    place_waits_each(self, wants, place_reads_unknown, self);
}

void presence_want_places(struct presence *presence, struct view *view, const struct place_wants *wants,
                          void (*fn)(void *ctx, struct view *view), void *ctx)
{
    struct place_sync *self = place_sync_find(presence, view_workspace(view));

    if (!self)
        self = sync_new(presence, view);
    ask(self, wants, clock_mono_ms());
    if (place_waits_ready(self, wants) || (!self->listening && !presence_up(presence, view_workspace(view)))) {
        fn(ctx, view);
        return;
    }
    place_waits_add(self, wants, fn, ctx);
}

/* ---- what happens ---- */

bool presence_at_again(struct presence *presence, struct view *view, const struct place_deed *deed)
{
    struct place_sync *self = place_sync_find(presence, deed->workspace);
    int64_t now_ms = clock_mono_ms();

    if (!self && view)
        self = sync_new(presence, view);
    if (!self)
        return false;
    self->used_ms = now_ms;
    return self->listening && !presence->draining &&
           redis_router_caught_up(presence->redis, presence_part_of(presence, deed->workspace)) &&
           place_recent_owe(&presence->place_recent, deed, now_ms);
}

void place_sync_nudge(struct presence *presence, const struct place_deed *deed, bool begins)
{
    struct place_sync *self = place_sync_find(presence, deed->workspace);
    const char *name = deed->place;
    struct place *place = self ? places_find(self->places, name, strlen(name)) : NULL;

    if (!begins)
        place_renewals_nudge(presence, deed);
    if (self && place_dm(name) > 0 && (place || self->dms_asked_ms > 0))
        place = place_reads_hold(self, name, clock_mono_ms());
    if (place)
        place_reads_doubt(self, place);
}

void place_sync_change(struct presence *presence, const struct view *view, const struct view_entry *entry)
{
    struct place_sync *self = presence->place_syncs ? place_sync_find(presence, view_workspace(view)) : NULL;
    size_t len, count;
    const char *key = view_entry_key(entry, &len);

    if (!self || view_entry_kind(entry) != VIEW_DMS)
        return;
    struct place *const *dms = places_dms_of(self->places, key + 1, len - 1, &count);
    struct place **copy = mem_resize(NULL, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = dms[i];
    for (size_t i = 0; i < count; i++)
        place_reads_people(self, copy[i]);
    free(copy);
}

/* Active conversations may be missing: they are looked for when somebody asks next. */
static void index_again(struct place_sync *self)
{
    self->indexed = false;
    self->index_from = 0;
    places_set_dms_known(self->places, false);
}

/* Nothing that is known here need be so any more. */
static void doubt_all(struct place_sync *self)
{
    index_again(self);
    if (self->dms_asked_ms > 0)
        place_reads_index(self);
    places_each(self->places, place_reads_doubt, self);
}

void place_sync_lost(struct presence *presence, const struct view *view)
{
    struct place_sync *self = presence->place_syncs ? place_sync_find(presence, view_workspace(view)) : NULL;

    if (!self)
        return;
    place_renewals_end(presence, view_workspace(view));
    doubt_all(self);
}

void place_sync_up(struct presence *presence, uint64_t partitions)
{
    struct place_sync *self, *next;

    place_renewals_end_in(presence, partitions);
    HASH_ITER (hh, presence->place_syncs, self, next) {
        if (!presence_concerns(presence, partitions, view_workspace(self->view)))
            continue;
        self->listening = true;
        doubt_all(self);
    }
}

void place_sync_down(struct presence *presence, uint64_t partitions)
{
    struct place_sync *self, *next;

    HASH_ITER (hh, presence->place_syncs, self, next) {
        if (!presence_concerns(presence, partitions, view_workspace(self->view)))
            continue;
        self->listening = false;
        places_set_dms_known(self->places, false);
        place_waits_tell(self, true);
    }
}

static void tick(struct place_sync *self, int64_t now_ms, int64_t redis_ms)
{
    struct place *place;

    while ((place = places_due(self->places, redis_ms)))
        place_reads_doubt(self, place);
    if (self->prune_ms > now_ms)
        return;
    self->prune_ms = now_ms + PRUNE_MS;
    if (places_prune(self->places, now_ms))
        index_again(self);
}

/* Whether nobody has asked for places for long, nor said where they are. */
static bool is_idle(const struct place_sync *self, int64_t now_ms)
{
    return !self->waiters && self->dms_asked_ms == 0 && places_count(self->places) == 0 &&
           now_ms - self->used_ms > IDLE_MS;
}

void place_sync_tick(struct presence *presence, int64_t now_ms)
{
    struct presence_stats *stats = &presence->stats;
    struct place_sync *self, *next;

    stats->places = 0;
    HASH_ITER (hh, presence->place_syncs, self, next) {
        tick(self, now_ms, expiry_redis_ms(presence, view_workspace(self->view)));
        stats->places += places_count(self->places);
        stats->place_renderings += places_take_rendered(self->places);
        if (is_idle(self, now_ms))
            place_sync_forget(presence, self->view);
    }
}

void place_sync_forget(struct presence *presence, const struct view *view)
{
    struct place_sync *self = place_sync_find(presence, view_workspace(view));
    struct script_keys keys;
    char channel[KEY_MAX];

    if (!self)
        return;
    HASH_DEL(presence->place_syncs, self);
    script_keys_init(&keys, view_workspace(view), NULL);
    script_key_places(&keys, channel);
    redis_router_unsubscribe(presence->redis, channel);
    place_renewals_end(presence, view_workspace(view));
    place_waits_end(self);
    free(self);
}

void place_sync_free_all(struct presence *presence)
{
    place_renewals_end_in(presence, UINT64_MAX);
    while (presence->place_syncs)
        place_sync_forget(presence, presence->place_syncs->view);
}
