/* SPDX-License-Identifier: ISC */
/* See hook_turn.h. */
#include "hooks/hook_turn.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "hooks/hook_world.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4 };

static void forget_done(struct hook_turn_keeper *self)
{
    for (size_t i = 0; i < self->done_count; i++) {
        free((char *)self->done[i].text);
        free((char *)self->done[i].stamp);
    }
    free(self->done);
    self->done = NULL;
    self->done_count = 0;
}

void hook_turn_fini(struct hook_turn_keeper *self)
{
    forget_done(self);
}

static void set_held(struct hook_turn_keeper *self, bool held)
{
    if (self->held == held)
        return;
    self->held = held;
    if (!held)
        self->world->turn_until_ms = 0;
    self->events.on_change(self->events.ctx, held);
}

/* ---- what is asked ---- */

static bool do_ask(struct hook_turn_keeper *self, const char *text)
{
    char *copy = mem_text(text);
    const char *words[WORDS_MAX];
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word && count < WORDS_MAX; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    bool done = count == 0 || self->events.on_ask(self->events.ctx, words, count);
    free(copy);
    return done;
}

static void do_asks(struct hook_turn_keeper *self, const struct hook_turn *turn)
{
    size_t count = turn->count < LIMIT_HOOK_ASKS ? turn->count : LIMIT_HOOK_ASKS;
    if (count == 0)
        return;
    self->done = mem_resize(NULL, count, sizeof *self->done);
    self->events.on_asks(self->events.ctx);
    for (size_t i = 0; i < count; i++) {
        const struct hook_ask *ask = &turn->asks[i];
        if (do_ask(self, ask->text))
            self->done[self->done_count++] = (struct hook_ask){mem_text(ask->text), mem_text(ask->stamp)};
    }
}

/* ---- the turn ---- */

static void on_turn(void *ctx, const struct hook_turn *turn)
{
    struct hook_turn_keeper *self = ctx;
    struct hook_world *world = self->world;
    self->asking = false;
    if (!turn) { /* what we have lasts as long as it was to */
        self->asked_ms = clock_mono_ms() - HOOK_TURN_AGAIN_MS + HOOK_TURN_FAILED_MS;
        return;
    }
    forget_done(self);
    world->redis_ms = turn->now_ms;
    world->mono_ms = clock_mono_ms();
    if (turn->held && !self->held && world->stopping) { /* it was asked for before that */
        hook_turn_give_back(self);
        return;
    }
    if (turn->held)
        world->turn_until_ms = self->asked_ms + HOOK_TURN_MS - HOOK_TURN_SPARE_MS;
    set_held(self, turn->held);
    if (turn->held && !world->stopping)
        do_asks(self, turn);
    if (self->again || self->done_count > 0)
        hook_turn_ask(self);
}

static void call(struct hook_turn_keeper *self, int64_t lease_ms)
{
    const struct hook_turn_call it = {self->owner, lease_ms, self->done, self->done_count};
    self->asking = true;
    self->again = false;
    self->asked_ms = clock_mono_ms();
    presence_hook_turn(self->world->presence, &it, on_turn, self);
}

void hook_turn_ask(struct hook_turn_keeper *self)
{
    if (self->world->stopping)
        return;
    if (self->asking)
        self->again = true;
    else
        call(self, HOOK_TURN_MS);
}

void hook_turn_tick(struct hook_turn_keeper *self, int64_t now_ms)
{
    if (self->held && now_ms >= self->world->turn_until_ms)
        set_held(self, false);
    if (!self->asking && now_ms - self->asked_ms >= HOOK_TURN_AGAIN_MS)
        call(self, HOOK_TURN_MS);
}

void hook_turn_give_back(struct hook_turn_keeper *self)
{
    set_held(self, false);
    call(self, 0);
}

bool hook_turn_busy(const struct hook_turn_keeper *self)
{
    return self->asking;
}
