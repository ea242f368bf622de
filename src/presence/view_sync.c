/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. Rooms: a view each, made whole by one read and kept whole by one rule: a message that does not follow the
 * head, another epoch, or a reconnect all lead to reading what changed after the head. There is no other recovery path.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOM_IDLE_MS = 60000,  /* nobody asked: it goes */
    ROOM_CHECK_MS = 5000,  /* a flushed Redis publishes nothing: its head is asked for now and then */
    ROOM_RECHECK = 500,    /* of them are compared at once when Redis is back: some 5 ms; the others tick by tick */
    ROOM_PRUNE_EVERY = 64, /* checks between two prunings of old entries */
    FETCH_LIMIT = 1000,    /* changes in one page: well under a millisecond of Redis */
};

static void room_fetch(struct room *room, int64_t since);

/* The next of the moments at which ROOM is checked. */
static int64_t next_check_ms(const struct room *room, int64_t now_ms)
{
    return now_ms + ROOM_CHECK_MS - (now_ms + ROOM_CHECK_MS - room->phase_ms) % ROOM_CHECK_MS;
}

static struct room *room_find(struct presence *self, const char *workspace)
{
    struct room *room;

    HASH_FIND_STR(self->rooms, workspace, room);
    return room;
}

static void room_free(struct room *room)
{
    struct presence *self = room->presence;

    HASH_DEL(self->rooms, room);
    self->stats.rooms--;
    parked_forget_view(self->parked, room->view);
    view_free(room->view);
    free(room);
}

/* Tells those whom the head satisfies (all of them with ALL), that the view is whole; NULL: that there is none. */
static void tell_waiters(struct room *room, struct view *view, bool all)
{
    struct waiter *list = room->waiters;
    struct waiter **end = &room->waiters;

    /* Those who are told may ask again: they join a new list. */
    room->waiters = NULL;
    while (list) {
        struct waiter *waiter = list;
        list = waiter->next;
        if (all || waiter->seq <= view_head(room->view)) {
            waiter->fn(waiter->ctx, view);
            free(waiter);
            continue;
        }
        waiter->next = NULL;
        while (*end)
            end = &(*end)->next;
        *end = waiter;
    }
}

/* The room could not be made whole: whoever waits is told so, and nothing half known stays. */
static void room_fail(struct room *room)
{
    struct script_keys keys;

    tell_waiters(room, NULL, true);
    if (view_ready(room->view) || room->waiters || parked_count_view(room->presence->parked, room->view) > 0)
        return;
    script_keys_init(&keys, view_workspace(room->view), NULL);
    redis_unsubscribe(room->presence->redis, keys.channel);
    room_free(room);
}

/* The polls of a view that began anew end with the cursor they had: asked again, it gets a full answer. */
static void room_begin(struct room *room, const char *meta_epoch, const char *epoch, int64_t floor)
{
    view_set_ready(room->view, false);
    parked_end_view(room->presence->parked, room->view, WAKE_LOST);
    view_begin(room->view, epoch, floor);
    strcpy(room->meta_epoch, meta_epoch);
}

/* Change I of a page. */
static void load_change(struct room *room, const struct redis_value *value, size_t i)
{
    struct change change;
    bool readable = answer_change(value, i, &change);

    if (change.seq <= view_head(room->view))
        return;
    if (!readable) {
        log_warn("workspace %s: the state of a user in Redis (change %lld) is not readable and was skipped",
                 view_workspace(room->view), (long long)change.seq);
        return;
    }
    view_load(room->view, &change);
}

static void room_whole(struct room *room, int64_t head)
{
    if (head > view_head(room->view))
        view_set_head(room->view, head);
    view_set_ready(room->view, true);
    if (room->again)
        room_fetch(room, view_head(room->view));
    tell_waiters(room, room->view, !room->again && !room->fetching);
}

/* The workspace was deleted: its polls end, and with the last of those who wait the room. */
static void room_close(struct room *room)
{
    struct script_keys keys;

    parked_end_view(room->presence->parked, room->view, WAKE_REMOVED);
    if (room->fetching || room->waiters)
        return;
    script_keys_init(&keys, view_workspace(room->view), NULL);
    redis_unsubscribe(room->presence->redis, keys.channel);
    room_free(room);
}

/* The page that VALUE is, which PAGE tells of. */
static void room_take(struct room *room, const struct answer_changes *page, const struct redis_value *value)
{
    char epoch[EPOCH_LEN + 1];

    presence_epoch(room->presence, page->epoch, epoch);
    if (strcmp(epoch, view_epoch(room->view)) != 0) {
        room_begin(room, page->epoch, epoch, page->floor);
        if (room->fetch_since > 0) {
            room_fetch(room, 0);
            return;
        }
    }
    for (size_t i = 0; i < page->count; i++)
        load_change(room, value, i);
    if (page->count == FETCH_LIMIT)
        room_fetch(room, page->last_seq);
    else
        room_whole(room, page->head);
}

static void on_changes(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct room *room = ctx;
    struct answer_changes page;
    char fresh[EPOCH_LEN + 1];

    room->fetching = false;
    if (result == REDIS_OK && !answer_changes(value, room->fetch_since, FETCH_LIMIT, &page)) {
        presence_odd_answer(room->presence, SCRIPT_CHANGES);
        result = REDIS_ERROR;
    }
    if (result != REDIS_OK) {
        room_fail(room);
        return;
    }
    strcpy(fresh, room->fresh);
    room_take(room, &page, value);
    if (!presence_may_begin(room->presence, view_workspace(room->view), NULL, page.epoch, fresh))
        room_close(room);
}

/* Asks for what changed after SINCE, once at a time. */
static void room_fetch(struct room *room, int64_t since)
{
    struct script_keys keys;
    struct script_call call;

    if (room->fetching) {
        room->again = true;
        return;
    }
    room->fetching = true;
    room->again = false;
    room->fetch_since = since;
    room->check_ms = next_check_ms(room, clock_mono_ms());
    room->presence->stats.fetches++;
    script_keys_init(&keys, view_workspace(room->view), NULL);
    presence_fresh_epoch(room->presence, room->fresh);
    script_call_init(&call, SCRIPT_CHANGES);
    script_call_state_keys(&call, &keys);
    script_call_text(&call, room->fresh);
    script_call_int(&call, since);
    script_call_int(&call, FETCH_LIMIT);
    script_call_send(&call, room->presence->redis, on_changes, room);
}

/* Subscribe before reading the head: the other way round, a change in between would leave polls asleep. */
static void on_subscribed(void *ctx, enum redis_result result)
{
    struct room *room = ctx;

    if (result != REDIS_OK) {
        room_fail(room);
        return;
    }
    room->subscribed = true;
    room_fetch(room, 0);
}

static void on_change(void *ctx, const struct view_entry *entry)
{
    struct room *room = ctx;
    struct presence *self = room->presence;
    size_t len;
    const char *key = view_entry_key(entry, &len);

    self->stats.changes++;
    if (*key != '\1' && view_entry_why(entry) == WHY_REMOVED && view_entry_status(entry) == STATUS_OFFLINE)
        parked_end_user(self->parked, room->view, key, len, WAKE_REMOVED);
    if (!view_ready(room->view))
        return;
    parked_changed(self->parked, room->view, entry, clock_mono_ms());
    self->events.on_due(self->events.ctx);
}

static struct room *room_new(struct presence *self, const char *workspace)
{
    struct room *room = mem_new(sizeof *room);
    struct script_keys keys;

    room->presence = self;
    room->phase_ms = self->rooms_made++ % (ROOM_CHECK_MS / PRESENCE_TICK_MS) * PRESENCE_TICK_MS;
    room->view = view_new(workspace);
    view_on_change(room->view, on_change, room);
    HASH_ADD_KEYPTR(hh, self->rooms, view_workspace(room->view), strlen(workspace), room);
    self->stats.rooms++;
    script_keys_init(&keys, workspace, NULL);
    redis_subscribe(self->redis, keys.channel, on_subscribed, room);
    return room;
}

void presence_view(struct presence *self, const char *workspace, int64_t seq, void (*fn)(void *ctx, struct view *view),
                   void *ctx)
{
    struct room *room = room_find(self, workspace);
    struct waiter *waiter;
    struct waiter **end;

    if (!room)
        room = room_new(self, workspace);
    room->used_ms = clock_mono_ms();
    if (view_ready(room->view) && view_head(room->view) >= seq) {
        fn(ctx, room->view);
        return;
    }
    waiter = mem_new(sizeof *waiter);
    waiter->seq = seq;
    waiter->fn = fn;
    waiter->ctx = ctx;
    for (end = &room->waiters; *end; end = &(*end)->next)
        ;
    *end = waiter;
    if (room->subscribed)
        room_fetch(room, view_head(room->view));
}

struct view *presence_view_now(struct presence *self, const char *workspace)
{
    struct room *room = room_find(self, workspace);

    return room && view_ready(room->view) ? room->view : NULL;
}

void room_change(struct presence *self, const char *workspace, const char *meta_epoch, const struct change *change)
{
    struct room *room = room_find(self, workspace);

    if (!room)
        return;
    if (!view_ready(room->view) || room->fetching) {
        room->again = true;
        if (!view_ready(room->view))
            return;
    }
    if (strcmp(meta_epoch, room->meta_epoch) != 0 || !view_apply(room->view, change))
        room_fetch(room, view_head(room->view));
}

void rooms_recheck(struct presence *self)
{
    int64_t now_ms = clock_mono_ms();
    int64_t count = 0;
    struct room *room;
    struct room *next;

    HASH_ITER (hh, self->rooms, room, next) {
        if (!room->subscribed)
            continue;
        if (count < ROOM_RECHECK)
            room_fetch(room, view_head(room->view));
        else
            room->check_ms = now_ms + count / ROOM_RECHECK * PRESENCE_TICK_MS;
        count++;
    }
}

static bool room_idle(struct room *room, int64_t now_ms)
{
    if (parked_count_view(room->presence->parked, room->view) > 0 || room->waiters || room->fetching)
        room->used_ms = now_ms;
    return now_ms - room->used_ms > ROOM_IDLE_MS && room->subscribed;
}

/* Old entries go from memory as they go from Redis; both by Redis's clock. */
static void room_prune(struct room *room, int64_t now_ms)
{
    const struct expiry *expiry = &room->presence->expiry;
    int64_t redis_ms = expiry->redis_ms + now_ms - expiry->mono_ms;

    if (expiry->redis_ms > 0 && (now_ms / ROOM_CHECK_MS) % ROOM_PRUNE_EVERY == 0)
        view_prune(room->view, redis_ms - room->presence->conf->retention_s * INT64_C(1000));
}

void rooms_tick(struct presence *self, int64_t now_ms)
{
    struct script_keys keys;
    struct room *room;
    struct room *next;

    HASH_ITER (hh, self->rooms, room, next) {
        if (room_idle(room, now_ms)) {
            script_keys_init(&keys, view_workspace(room->view), NULL);
            redis_unsubscribe(self->redis, keys.channel);
            room_free(room);
        } else if (room->subscribed && now_ms >= room->check_ms && redis_up(self->redis)) {
            room_prune(room, now_ms);
            room_fetch(room, view_head(room->view));
        }
    }
}

void rooms_free(struct presence *self)
{
    struct room *room;
    struct room *next;

    HASH_ITER (hh, self->rooms, room, next) {
        tell_waiters(room, NULL, true);
        room_free(room);
    }
}
