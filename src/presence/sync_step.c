/* SPDX-License-Identifier: ISC */
/* See sync_step.h. */
#include "presence/sync_step.h"

#include <assert.h>
#include <string.h>

enum { PRUNE_EVERY = 64 }; /* checks between two prunings of old entries */

static void add(struct sync_actions *actions, enum sync_do what, int64_t seq)
{
    assert(actions->count < SYNC_ACTIONS_MAX);
    actions->list[actions->count++] = (struct sync_action){what, seq};
}

static struct sync_actions one(enum sync_do what)
{
    return (struct sync_actions){1, {{what, 0}}};
}

/* The next of the moments at which this view is checked. */
static int64_t next_check_ms(const struct sync_step *self, int64_t now_ms)
{
    return now_ms + SYNC_CHECK_MS - (now_ms + SYNC_CHECK_MS - self->phase_ms) % SYNC_CHECK_MS;
}

/* One page at a time: what is asked for meanwhile is asked for again when the view is whole. */
static void fetch(struct sync_step *self, int64_t since, int64_t now_ms, struct sync_actions *actions)
{
    if (self->fetching) {
        self->again = true;
        return;
    }
    self->fetching = true;
    self->again = false;
    self->fetch_since = since;
    self->check_ms = next_check_ms(self, now_ms);
    add(actions, SYNC_FETCH, since);
}

void sync_init(struct sync_step *self, const struct view *view, uint32_t ordinal)
{
    memset(self, 0, sizeof *self);
    self->view = view;
    self->phase_ms = ordinal % (SYNC_CHECK_MS / PRESENCE_TICK_MS) * PRESENCE_TICK_MS;
}

bool sync_asked(struct sync_step *self, int64_t seq, int64_t now_ms)
{
    self->used_ms = now_ms;
    return view_ready(self->view) && self->doubted == 0 && view_head(self->view) >= seq;
}

/* A subscription that failed is tried again here: those who ask again when told so must not wait forever. */
struct sync_actions sync_waited(struct sync_step *self, int64_t now_ms)
{
    struct sync_actions actions = {0};

    if (self->subscription == SYNC_NOT_SUBSCRIBED) {
        self->subscription = SYNC_SUBSCRIBING;
        return one(SYNC_SUBSCRIBE);
    }
    if (self->subscription == SYNC_SUBSCRIBED)
        fetch(self, view_head(self->view), now_ms, &actions);
    return actions;
}

/* Subscribe before reading the head: the other way round, a change in between would leave polls asleep. */
struct sync_actions sync_subscribed(struct sync_step *self, bool stands, int64_t now_ms)
{
    struct sync_actions actions = {0};

    self->subscription = stands ? SYNC_SUBSCRIBED : SYNC_NOT_SUBSCRIBED;
    if (!stands)
        return one(SYNC_TELL_FAILED);
    fetch(self, 0, now_ms, &actions);
    return actions;
}

/* ---- pages ---- */

/* The last page is in, and the head is HEAD: unless more came meanwhile, nobody has to wait any longer. */
static void finish(struct sync_step *self, int64_t head, int64_t now_ms, struct sync_actions *actions)
{
    add(actions, SYNC_WHOLE, head);
    if (self->again)
        fetch(self, head, now_ms, actions);
    if (self->doubted > 0)
        return; /* the page was asked for before the other epoch was known of; another is under way */
    add(actions, self->fetching ? SYNC_TELL_REACHED : SYNC_TELL_ALL, 0);
}

struct sync_actions sync_page(struct sync_step *self, const struct sync_page *page, int64_t now_ms)
{
    struct sync_actions actions = {0};
    int64_t head = view_head(self->view);

    self->fetching = false;
    if (self->doubted > 0)
        self->doubted--;
    if (strcmp(page->epoch, view_epoch(self->view)) != 0) {
        assert(strlen(page->meta_epoch) < sizeof self->meta_epoch);
        strcpy(self->meta_epoch, page->meta_epoch);
        head = 0;
        add(&actions, SYNC_END_LOST, 0);
        add(&actions, SYNC_BEGIN, 0);
        if (self->fetch_since > 0) {
            fetch(self, 0, now_ms, &actions);
            return actions;
        }
    }
    add(&actions, SYNC_LOAD, 0);
    if (page->full)
        fetch(self, page->last_seq, now_ms, &actions);
    else
        finish(self, page->head > head ? page->head : head, now_ms, &actions);
    return actions;
}

struct sync_actions sync_page_failed(struct sync_step *self)
{
    self->fetching = false;
    if (self->doubted > 0)
        self->doubted = 1;
    return one(SYNC_TELL_FAILED);
}

struct sync_actions sync_told(const struct sync_step *self, const struct sync_users *users)
{
    if (view_ready(self->view) || users->waiting || users->parked > 0)
        return (struct sync_actions){0};
    return one(SYNC_DROP);
}

struct sync_actions sync_deleted(const struct sync_step *self, const struct sync_users *users)
{
    struct sync_actions actions = one(SYNC_END_REMOVED);

    if (!self->fetching && !users->waiting && users->parked == 0)
        add(&actions, SYNC_DROP, 0);
    return actions;
}

/* ---- changes ---- */

/* The page under way, if any, may have been read before the epoch was another one: only the next one counts. */
static void doubt(struct sync_step *self)
{
    self->doubted = self->fetching ? 2 : 1;
}

struct sync_actions sync_change(struct sync_step *self, const char *meta_epoch, int64_t seq, int64_t now_ms)
{
    struct sync_actions actions = {0};
    int64_t head = view_head(self->view);

    if (!view_ready(self->view) || self->fetching)
        self->again = true;
    if (!view_ready(self->view))
        return actions;
    bool other = strcmp(meta_epoch, self->meta_epoch) != 0;
    if (other)
        doubt(self);
    if (other || seq > head + 1)
        fetch(self, head, now_ms, &actions);
    else if (seq == head + 1)
        add(&actions, SYNC_APPLY, seq);
    return actions;
}

/* ---- time ---- */

struct sync_actions sync_recheck(struct sync_step *self, size_t rank, int64_t now_ms)
{
    struct sync_actions actions = {0};

    if (self->subscription != SYNC_SUBSCRIBED)
        return actions;
    if (rank < SYNC_RECHECKS_AT_ONCE)
        fetch(self, view_head(self->view), now_ms, &actions);
    else
        self->check_ms = now_ms + (int64_t)(rank / SYNC_RECHECKS_AT_ONCE) * PRESENCE_TICK_MS;
    return actions;
}

struct sync_actions sync_tick(struct sync_step *self, const struct sync_users *users, bool up, int64_t now_ms)
{
    struct sync_actions actions = {0};

    if (users->parked > 0 || users->waiting || self->fetching)
        self->used_ms = now_ms;
    if (self->subscription != SYNC_SUBSCRIBED)
        return actions;
    if (now_ms - self->used_ms > SYNC_IDLE_MS)
        return one(SYNC_DROP);
    if (now_ms < self->check_ms || !up)
        return actions;
    if ((now_ms / SYNC_CHECK_MS) % PRUNE_EVERY == 0)
        add(&actions, SYNC_PRUNE, 0);
    fetch(self, view_head(self->view), now_ms, &actions);
    return actions;
}
