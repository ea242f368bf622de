/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. The views that somebody asked about, each with its subscription, its reads, and who waits for it.
 * What is to be done is decided by sync_step.c; here it is done.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"
#include "presence/sync_step.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Somebody who waits for a view to be whole. */
struct waiter {
    struct waiter *next;
    int64_t seq;
    void (*fn)(void *ctx, struct view *view);
    void *ctx;
};

struct view_sync {
    struct presence *presence; /* borrowed: the owner of all of them */
    struct view *view;         /* owned */
    struct waiter *waiters;    /* owned list, oldest first */
    struct waiter **last;      /* where the next one is put */
    struct sync_step step;
    UT_hash_handle hh; /* by workspace */
};

/* What came with an event, for the actions that take it in; all borrowed, and what did not come is NULL. */
struct intake {
    const struct answer_changes *page;
    const struct redis_value *value; /* what the page was read from */
    const char *epoch;               /* the page's, as cursors have it */
    const struct change *change;
};

static void perform(struct view_sync *self, struct sync_actions actions, const struct intake *intake);

static struct view_sync *find(struct presence *presence, const char *workspace)
{
    struct view_sync *self;

    HASH_FIND_STR(presence->views, workspace, self);
    return self;
}

static struct sync_users users_of(const struct view_sync *self)
{
    return (struct sync_users){.waiting = self->waiters,
                               .parked = parked_count_view(self->presence->parked, self->view)};
}

static void view_sync_free(struct view_sync *self)
{
    struct presence *presence = self->presence;

    HASH_DEL(presence->views, self);
    presence->stats.views--;
    parked_forget_view(presence->parked, self->view);
    place_sync_forget(presence, self->view);
    view_free(self->view);
    free(self);
}

/* ---- who waits ---- */

static void add_waiter(struct view_sync *self, struct waiter *waiter)
{
    waiter->next = NULL;
    *self->last = waiter;
    self->last = &waiter->next;
}

/* Gives VIEW, or NULL, to those who wait for a seq of up to SEQ; the others wait on. */
static void tell_waiters(struct view_sync *self, struct view *view, int64_t seq)
{
    struct waiter *list = self->waiters;

    /* Those who are told may ask again: they join a new list. */
    self->waiters = NULL;
    self->last = &self->waiters;
    while (list) {
        struct waiter *waiter = list;
        list = waiter->next;
        if (waiter->seq > seq) {
            add_waiter(self, waiter);
            continue;
        }
        waiter->fn(waiter->ctx, view);
        free(waiter);
    }
}

static void tell_failed(struct view_sync *self)
{
    tell_waiters(self, NULL, INT64_MAX);
    struct sync_users users = users_of(self);
    perform(self, sync_told(&self->step, &users), NULL);
}

/* ---- reading ---- */

/* Change I of a page. */
static void load_change(struct view_sync *self, const struct redis_value *value, size_t i)
{
    struct change change;
    bool readable = answer_change(value, i, &change);

    if (change.seq <= view_head(self->view))
        return;
    if (!readable) {
        if (presence_may_log(&self->presence->odd_state_ms))
            log_warn("workspace %s: a user's state in Redis (change %lld) is not readable and was skipped",
                     view_workspace(self->view), (long long)change.seq);
        return;
    }
    view_load(self->view, &change);
}

static void failed(struct view_sync *self)
{
    struct leftover leftover = {0};

    strcpy(leftover.workspace, view_workspace(self->view));
    leftover_note(self->presence, &leftover);
    perform(self, sync_page_failed(&self->step), NULL);
}

static void on_changes(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct view_sync *self = ctx;
    struct presence *presence = self->presence;
    struct answer_changes page;
    char epoch[EPOCH_LEN + 1];

    if (result == REDIS_OK && !answer_changes(value, self->step.fetch_since, SYNC_PAGE, &page)) {
        presence_odd_answer(presence, SCRIPT_CHANGES);
        result = REDIS_ERROR;
    }
    if (result != REDIS_OK) {
        failed(self);
        return;
    }
    expiry_saw(presence, view_workspace(self->view), page.now_ms);
    presence_epoch(presence, view_workspace(self->view), page.epoch, epoch);
    /* These may be the keys of a deleted workspace, which another worker has begun again. */
    bool begins = strcmp(epoch, view_epoch(self->view)) != 0;
    struct sync_page came = {page.epoch, epoch, page.head, page.last_seq, page.count == SYNC_PAGE};
    perform(self, sync_page(&self->step, &came, clock_mono_ms()),
            &(struct intake){.page = &page, .value = value, .epoch = epoch});
    if (begins && !presence_may_begin(presence, view_workspace(self->view), NULL)) {
        struct sync_users users = users_of(self);
        perform(self, sync_deleted(&self->step, &users), NULL);
    }
}

static void fetch(struct view_sync *self, int64_t since)
{
    struct script_keys keys;
    struct script_call call;
    char fresh[EPOCH_LEN + 1];

    self->presence->stats.fetches++;
    presence_fresh_epoch(self->presence, fresh);
    script_keys_init(&keys, view_workspace(self->view), NULL);
    script_call_init(&call, SCRIPT_CHANGES);
    script_call_state_keys(&call, &keys);
    script_call_text(&call, fresh);
    script_call_int(&call, since);
    script_call_int(&call, SYNC_PAGE);
    script_call_send(&call, self->presence->redis, on_changes, self);
}

/* ---- the channel ---- */

static void on_subscribed(void *ctx, enum redis_result result)
{
    struct view_sync *self = ctx;

    perform(self, sync_subscribed(&self->step, result == REDIS_OK, clock_mono_ms()), NULL);
}

static void subscribe(struct view_sync *self)
{
    struct script_keys keys;

    script_keys_init(&keys, view_workspace(self->view), NULL);
    redis_router_subscribe(self->presence->redis, keys.channel, on_subscribed, self);
}

static void drop(struct view_sync *self)
{
    struct script_keys keys;

    script_keys_init(&keys, view_workspace(self->view), NULL);
    redis_router_unsubscribe(self->presence->redis, keys.channel);
    view_sync_free(self);
}

/* ---- actions ---- */

static void load_page(struct view_sync *self, const struct intake *intake)
{
    assert(intake);
    for (size_t i = 0; i < intake->page->count; i++)
        load_change(self, intake->value, i);
}

/* Old entries go from memory as they go from Redis; both by Redis's clock. */
static void prune(struct view_sync *self)
{
    const struct presence *presence = self->presence;
    int64_t redis_ms = expiry_redis_ms(presence, view_workspace(self->view));

    if (redis_ms > 0)
        view_prune(self->view, redis_ms - presence->conf->retention_s * INT64_C(1000));
}

static void whole(struct view_sync *self, int64_t head)
{
    view_set_head(self->view, head);
    view_set_ready(self->view, true);
}

/* In portions, since they may be thousands. */
static void end_polls(struct view_sync *self, enum wake why)
{
    struct presence *presence = self->presence;

    parked_end_view(presence->parked, self->view, why);
    presence->events.on_due(presence->events.ctx);
}

static void lose(struct view_sync *self)
{
    view_set_ready(self->view, false);
    if (*view_epoch(self->view)) {
        recent_doubt(&self->presence->recents);
        untold_note_all(self->presence, view_workspace(self->view));
        place_sync_lost(self->presence, self->view);
    }
    end_polls(self, WAKE_LOST);
}

static void perform_one(struct view_sync *self, struct sync_action action, const struct intake *intake)
{
    switch (action.what) {
    case SYNC_SUBSCRIBE: subscribe(self); return;
    case SYNC_FETCH: fetch(self, action.seq); return;
    case SYNC_END_LOST: lose(self); return;
    case SYNC_END_REMOVED: end_polls(self, WAKE_REMOVED); return;
    case SYNC_BEGIN:
        assert(intake);
        view_begin(self->view, intake->epoch, intake->page->floor);
        return;
    case SYNC_LOAD: load_page(self, intake); return;
    case SYNC_WHOLE: whole(self, action.seq); return;
    case SYNC_APPLY:
        assert(intake);
        view_apply(self->view, intake->change);
        return;
    case SYNC_PRUNE: prune(self); return;
    case SYNC_TELL_REACHED: tell_waiters(self, self->view, view_head(self->view)); return;
    case SYNC_TELL_ALL: tell_waiters(self, self->view, INT64_MAX); return;
    case SYNC_TELL_FAILED: tell_failed(self); return;
    case SYNC_DROP: drop(self); return;
    }
}

/* SELF may be gone afterwards: with SYNC_DROP or SYNC_TELL_FAILED, which are the last of their list. */
static void perform(struct view_sync *self, struct sync_actions actions, const struct intake *intake)
{
    for (size_t i = 0; i < actions.count; i++)
        perform_one(self, actions.list[i], intake);
}

/* ---- views ---- */

/* The view has taken a change: those it concerns are due. */
static void on_change(void *ctx, const struct view_entry *entry)
{
    struct view_sync *self = ctx;
    struct presence *presence = self->presence;
    size_t len;
    const char *key = view_entry_key(entry, &len);

    presence->stats.changes++;
    if (*key != '\1' && view_entry_why(entry) == WHY_REMOVED && view_entry_status(entry) == STATUS_OFFLINE) {
        recent_forget_user(&presence->recents, view_workspace(self->view), key);
        parked_end_user(presence->parked, self->view, key, len, WAKE_REMOVED);
    }
    if (!view_ready(self->view))
        return;
    place_sync_change(presence, self->view, entry);
    parked_changed(presence->parked, self->view, entry, clock_mono_us());
    presence->events.on_due(presence->events.ctx);
}

static struct view_sync *view_sync_new(struct presence *presence, const char *workspace)
{
    struct view_sync *self = mem_new(sizeof *self);

    self->presence = presence;
    self->view = view_new(workspace);
    self->last = &self->waiters;
    sync_init(&self->step, self->view, presence->views_made++);
    view_on_change(self->view, on_change, self);
    view_before_change(self->view, presence->events.before_change, presence->events.ctx);
    HASH_ADD_KEYPTR(hh, presence->views, view_workspace(self->view), strlen(workspace), self);
    presence->stats.views++;
    return self;
}

void presence_view(struct presence *presence, const char *workspace, int64_t seq,
                   void (*fn)(void *ctx, struct view *view), void *ctx)
{
    struct view_sync *self = find(presence, workspace);
    int64_t now_ms = clock_mono_ms();

    if (!self)
        self = view_sync_new(presence, workspace);
    if (sync_asked(&self->step, seq, now_ms)) {
        fn(ctx, self->view);
        return;
    }
    struct waiter *waiter = mem_new(sizeof *waiter);
    *waiter = (struct waiter){.seq = seq, .fn = fn, .ctx = ctx};
    add_waiter(self, waiter);
    perform(self, sync_waited(&self->step, now_ms), NULL);
}

struct view *view_sync_find(struct presence *presence, const char *workspace)
{
    struct view_sync *self = find(presence, workspace);
    return self ? self->view : NULL;
}

struct view *presence_view_now(struct presence *presence, const char *workspace)
{
    struct view *view = view_sync_find(presence, workspace);
    return view && view_ready(view) ? view : NULL;
}

void view_sync_change(struct presence *presence, const char *workspace, const char *meta_epoch,
                      const struct change *change)
{
    struct view_sync *self = find(presence, workspace);

    if (self)
        perform(self, sync_change(&self->step, meta_epoch, change->seq, clock_mono_ms()),
                &(struct intake){.change = change});
}

/* ---- all of them ---- */

void view_sync_recheck_all(struct presence *presence, uint64_t partitions)
{
    size_t rank = 0;
    struct view_sync *self, *next;

    HASH_ITER (hh, presence->views, self, next) {
        if (!presence_concerns(presence, partitions, view_workspace(self->view)))
            continue;
        view_forget_own(self->view);
        perform(self, sync_recheck(&self->step, rank, clock_mono_ms()), NULL);
        rank += self->step.subscription == SYNC_SUBSCRIBED;
    }
}

void view_sync_tick_all(struct presence *presence, int64_t now_ms)
{
    struct view_sync *self, *next;

    HASH_ITER (hh, presence->views, self, next) {
        /* If all workspaces are away, the polls of all end together. */
        if (presence->clustered && presence_away(presence, view_workspace(self->view)))
            end_polls(self, WAKE_AWAY);
        struct sync_users users = users_of(self);
        perform(self, sync_tick(&self->step, &users, presence_up(presence, view_workspace(self->view)), now_ms), NULL);
    }
}

void view_sync_free_all(struct presence *presence)
{
    struct view_sync *self, *next;

    HASH_ITER (hh, presence->views, self, next) {
        tell_waiters(self, NULL, INT64_MAX);
        view_sync_free(self);
    }
}
