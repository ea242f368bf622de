/* SPDX-License-Identifier: ISC */
/* See hook_target.h. */
#include "hooks/hook_target.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"
#include "hooks/hook_body.h"
#include "hooks/hook_retry.h"
#include "hooks/hook_store.h"
#include "hooks/hook_world.h"
#include "presence/presence.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAUSE_MS = 25, /* between two letters: changes come together */
    MARK_AGAIN_MS = 1000,
    LATE_MS = 1000, /* beyond the delay */
    GONE = 410,
};

struct hook_target *hook_target_new(struct hook_world *world, struct hook *hook, const char *workspace)
{
    struct hook_target *self = mem_new(sizeof *self);
    self->world = world;
    self->hook = hook;
    self->workspace = mem_text(workspace);
    list_init(&self->crowd);
    hook_known_forget(&self->known);
    return self;
}

static void look_at(struct hook_target *self, int64_t at_ms)
{
    hook_world_wake(self->world, &self->alarm, at_ms);
}

/* The first of those that wait for fewer letters to HOOK looks again, if there are. */
static void let_next(struct hook *hook)
{
    if (list_empty(&hook->crowd) || hook->sending >= LIMIT_HOOK_SENDING)
        return;
    struct hook_target *next = LIST_OWNER(hook->crowd.next, struct hook_target, crowd);
    list_remove(&next->crowd);
    look_at(next, clock_mono_ms());
}

/* The letter is not under way any more. */
static void end_post(struct hook_target *self)
{
    self->post = NULL;
    self->hook->sending--;
    let_next(self->hook);
}

static void give_up(struct hook_target *self)
{
    if (!self->post)
        return;
    hook_posts_cancel(self->world->posts, self->post);
    end_post(self);
}

void hook_target_unload(struct hook_target *self)
{
    list_remove(&self->crowd);
    give_up(self);
    hook_store_drop(self->marking);
    self->marking = NULL;
    alarms_clear(&self->world->alarms, &self->alarm);
    hook_known_forget(&self->known);
    hook_revealed_forget(&self->revealed);
    self->loaded = self->unstored = self->more = false;
    self->behind_ms = 0;
}

void hook_target_free(struct hook_target *self)
{
    hook_target_unload(self);
    free(self->workspace);
    free(self);
}

/* The receiver is told everything again. */
static void begin_again(struct hook_target *self)
{
    *self->state.cursor = '\0';
    hook_known_forget(&self->known);
    hook_revealed_forget(&self->revealed);
    self->unstored = true;
}

void hook_target_load(struct hook_target *self, const struct hook_state *state)
{
    static const struct hook_state nothing;
    self->state = state && state->made_ms == self->hook->created_ms ? *state : nothing;
    self->state.made_ms = self->hook->created_ms;
    self->loaded = true;
    self->marked = self->state.revealed != 0;
    if (self->state.revealed != 0)
        begin_again(self); /* it is not known whom the receiver was told of */
    if (self->eager)
        self->state.next_try_ms = 0;
    self->eager = false;
    if (self->state.behind_since_ms > 0)
        self->behind_ms = clock_mono_ms();
    look_at(self, clock_mono_ms());
}

/* ---- Redis ---- */

static struct hook_store *store(struct hook_target *self, hook_store_fn *fn)
{
    const struct hook_store_place place = {self->world, self->workspace, self->hook->id};
    self->unstored = false;
    return hook_store_begin(&place, &self->state, fn, self);
}

/* What is late, others are to see. */
static void note_lag(struct hook_target *self, int64_t now_ms)
{
    if (!self->loaded || self->state.behind_since_ms > 0 || hook_target_lag_ms(self, now_ms) < LATE_MS)
        return;
    self->state.behind_since_ms = hook_world_redis_ms(self->world, self->behind_ms);
    self->unstored = true;
}

void hook_target_store(struct hook_target *self)
{
    note_lag(self, clock_mono_ms());
    if (self->unstored && self->loaded && hook_world_ours(self->world, clock_mono_ms()) &&
        presence_up(self->world->presence, self->workspace))
        store(self, NULL);
}

static void on_marked(void *ctx, bool ok)
{
    struct hook_target *self = ctx;
    self->marking = NULL;
    self->marked = ok;
    look_at(self, clock_mono_ms() + (ok ? 0 : MARK_AGAIN_MS));
}

/* Before a letter tells of invisible users, Redis is told: a process that goes on from there tells everything again. */
static void mark(struct hook_target *self)
{
    self->state.revealed = 1;
    self->marking = store(self, on_marked);
}

static int64_t redis_ms(const struct hook_target *self)
{
    return hook_world_redis_ms(self->world, clock_mono_ms());
}

static void move(struct hook_target *self, const struct cursor *cursor, const struct view *view)
{
    self->state.cursor[cursor_format(cursor, self->state.cursor)] = '\0';
    self->unstored = true;
    if (view)
        hook_known_told(&self->known, view, cursor->seq);
    else
        hook_known_forget(&self->known);
    if (view && cursor->seq == view_head(view))
        self->behind_ms = 0;
}

/* ---- what came of a letter ---- */

static void succeed(struct hook_target *self)
{
    struct presence *presence = self->world->presence;
    struct view *view = presence_view_now(presence, self->workspace);
    bool same = view && strcmp(view_epoch(view), self->going.epoch) == 0;
    self->behind_ms = self->sent_ms;
    hook_revealed_told(&self->revealed);
    self->state.revealed = hook_revealed_any(&self->revealed) ? 1 : 0;
    move(self, &self->going, same ? view : NULL);
    hook_state_succeed(&self->state, redis_ms(self));
    hook_wanted(self->hook);
    self->world->stats.delivered++;
    self->world->stats.changes += self->going_changes;
}

static void fail(struct hook_target *self, const struct hook_answer *answer)
{
    struct hook_state *state = &self->state;
    int64_t pause_ms = hook_retry_ms(state->attempt + 1, answer->retry_after_s, random_below(HOOK_SPREAD));
    int64_t age_ms = clock_mono_ms() - (self->behind_ms > 0 ? self->behind_ms : self->sent_ms);
    hook_state_fail(state, redis_ms(self), pause_ms, age_ms, answer->error);
    self->unstored = true;
    self->more = false;
    self->world->stats.failures++;
    hook_known_doubt(&self->known);
    hook_revealed_doubt(&self->revealed);
    if (answer->status == GONE)
        self->hook->gone = true;
    else if (state->attempt == 1)
        hook_warn(self->hook, self->workspace, answer->error);
}

static void on_answer(void *ctx, const struct hook_answer *answer)
{
    struct hook_target *self = ctx;
    end_post(self);
    if (!hook_world_ours(self->world, clock_mono_ms()))
        return; /* this process stood still: another may have gone on from the same cursor */
    if (answer->status >= 200 && answer->status < 300)
        succeed(self);
    else
        fail(self, answer);
    hook_target_store(self);
    look_at(self, clock_mono_ms());
}

/* ---- sending ---- */

static void send_page(struct hook_target *self, struct view *view, const struct hook_page *page, const struct buf *more)
{
    struct buf data;
    hook_world_set_policy(self->world, view);
    const struct hook_told told = {self->state.since, redis_ms(self), more};
    buf_init(&data);
    hook_page_append(page, view, &told, &data);
    const struct hook_letter letter = {"rollcall.changes", &data, told.redis_ms, self->state.replays};
    if (self->known.blind && !page->more && page->due_ms == 0)
        hook_known_begin(&self->known);
    hook_page_sending(page, &self->known);
    hook_revealed_sending(&self->revealed, view, &self->known);
    self->going = page->next;
    self->going_changes = page->count;
    self->more = page->more;
    self->sent_ms = clock_mono_ms();
    self->hook->sending++;
    self->post = hook_send(self->hook, self->world->posts, &letter, on_answer, self);
    buf_fini(&data);
}

/* What changed does not concern the receiver: only the cursor moves. What is left waits no longer than is meant. */
static void pass(struct hook_target *self, const struct view *view, const struct hook_page *page)
{
    struct cursor cursor;
    if (cursor_parse(self->state.cursor, strlen(self->state.cursor), &cursor) && cursor.seq != page->next.seq)
        move(self, &page->next, view);
    if (page->due_ms > 0)
        look_at(self, page->due_ms);
    if (page->due_ms > 0 && hook_known_doubts(&self->known))
        return; /* some of what is left was sent before, and may not have come */
    self->behind_ms = page->due_ms > 0 ? page->due_ms - self->hook->delay_ms : 0;
    self->unstored = hook_state_rest(&self->state) || self->unstored;
    if (self->known.blind)
        hook_known_begin(&self->known);
    self->known.fresh = false;
}

/* Whether invisible users are shown to it; and whether it is known who they are: it looks again when it becomes so. */
static bool reveals(const struct hook_target *self)
{
    return self->hook->reveal && (self->hook->events & WEBHOOK_STATUS) != 0;
}

static bool is_ready(const struct hook_target *self)
{
    return !reveals(self) || (self->reveal && hook_reveal_whole(self->reveal));
}

/* Whether it may be told of those who are invisible now. */
static bool is_marked(const struct hook_target *self)
{
    return !reveals(self) || !hook_reveal_any(self->reveal) || (self->marked && self->state.revealed != 0);
}

static void send(struct hook_target *self, struct view *view, int64_t now_ms)
{
    struct cursor cursor;
    bool begun = cursor_parse(self->state.cursor, strlen(self->state.cursor), &cursor);
    struct hook_page page;
    const struct hook_reader_spec spec = {begun ? &cursor : NULL, &self->known, self->hook->events,
                                          self->hook->delay_ms, now_ms};
    hook_page_pick(view, &spec, &page);
    if (page.resync || (begun && cursor.head > 0))
        hook_known_forget(&self->known);
    if (page.resync)
        hook_revealed_forget(&self->revealed);
    struct buf more;
    buf_init(&more);
    if (reveals(self))
        hook_reveal_append(self->reveal, &self->revealed, &page, view, &more);
    if (hook_page_says(&page) || more.len > 0)
        send_page(self, view, &page, &more);
    else
        pass(self, view, &page);
    buf_fini(&more);
}

/* When the next letter may be sent: after a pause. */
static int64_t next_ms(const struct hook_target *self, int64_t now_ms)
{
    if (self->state.next_try_ms > 0)
        return now_ms + self->state.next_try_ms - hook_world_redis_ms(self->world, now_ms);
    return self->more ? now_ms : self->sent_ms + PAUSE_MS;
}

static void look(struct hook_target *self)
{
    int64_t now_ms = clock_mono_ms();
    if (self->post || self->marking || !self->loaded || !is_ready(self) || !hook_world_open(self->world, now_ms))
        return;
    if (next_ms(self, now_ms) > now_ms) {
        look_at(self, next_ms(self, now_ms));
        return;
    }
    if (self->hook->sending >= LIMIT_HOOK_SENDING) {
        if (list_empty(&self->crowd))
            list_append(&self->hook->crowd, &self->crowd);
        return;
    }
    list_remove(&self->crowd);
    struct view *view = presence_view_now(self->world->presence, self->workspace);
    if (view && !is_marked(self))
        mark(self);
    else if (view)
        send(self, view, now_ms);
}

/* One that sends nothing leaves its turn to the next. */
void hook_target_look(struct hook_target *self)
{
    look(self);
    if (!self->post)
        let_next(self->hook);
}

/* ---- what happens ---- */

void hook_target_note(struct hook_target *self, const struct view_entry *entry, int64_t now_ms)
{
    bool person = view_entry_kind(entry) == VIEW_PERSON;
    if (person)
        hook_known_note(&self->known, entry, now_ms);
    if (self->behind_ms == 0)
        self->behind_ms = now_ms;
    if (self->post || self->state.next_try_ms > 0)
        return; /* it looks afterwards */
    int64_t at_ms = person ? now_ms + self->hook->delay_ms : now_ms;
    look_at(self, at_ms > self->sent_ms + PAUSE_MS ? at_ms : self->sent_ms + PAUSE_MS);
}

void hook_target_replay(struct hook_target *self, const char *since)
{
    if (!self->loaded)
        return;
    self->state.next_try_ms = 0;
    /* What invisible users did has no cursor. */
    if (hook_state_go_back(&self->state, self->hook->reveal ? NULL : since)) {
        give_up(self);
        self->more = true;
        self->unstored = true;
        hook_known_forget(&self->known);
        hook_revealed_forget(&self->revealed);
        hook_target_store(self);
    }
    look_at(self, clock_mono_ms());
}

void hook_target_changed(struct hook_target *self, bool recreated)
{
    self->eager = !self->loaded;
    self->state.next_try_ms = 0;
    if (!self->hook->reveal)
        self->reveal = NULL;
    if (self->post) { /* its answer may be that of another address */
        give_up(self);
        hook_known_doubt(&self->known);
        hook_revealed_doubt(&self->revealed);
    }
    if (recreated && self->loaded) {
        self->state = (struct hook_state){.made_ms = self->hook->created_ms};
        hook_known_forget(&self->known);
        self->unstored = true;
    }
    if (self->loaded && !self->hook->reveal && self->state.revealed != 0)
        begin_again(self);
    look_at(self, clock_mono_ms());
}

int64_t hook_target_lag_ms(const struct hook_target *self, int64_t now_ms)
{
    int64_t lag_ms = 0;
    if (self->loaded && self->state.behind_since_ms > 0)
        lag_ms = hook_world_redis_ms(self->world, now_ms) - self->state.behind_since_ms; /* of other processes too */
    else if (self->behind_ms > 0)
        lag_ms = now_ms - self->behind_ms;
    return lag_ms > self->hook->delay_ms ? lag_ms - self->hook->delay_ms : 0;
}
