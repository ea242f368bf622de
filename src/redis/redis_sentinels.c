/* SPDX-License-Identifier: ISC */
/* See redis_sentinels.h. */
#include "redis/redis_sentinels.h"

#include "base/clock.h"
#include "base/mem.h"
#include "redis/redis_sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_US = 2000000, /* between questions while Redis is up; otherwise they are asked at each attempt and each tick */
    /*
     * So long they must name another master before it is believed without a message of the switch. After a switch, some
     * of them still name the old one for a moment.
     */
    CONTRADICTED_US = 3000000,
    PATIENCE_US = 1000000, /* after a question without any answer: one of them may hang */
};

struct redis_sentinels {
    struct redis *owner; /* borrowed */
    redis_sentinels_fn *on_master;
    struct redis_sentinel *list;  /* owned, COUNT of them */
    struct redis_master *answers; /* owned: of each, what it said last; unknown while it is away */
    size_t count;
    size_t herald; /* that told of the last switch; COUNT: none */
    size_t turn;   /* how many addresses were tried since Redis was up */
    bool wanted;
    int64_t wanted_us; /* since when */
    int64_t asked_us;
    int64_t contradicted_us; /* since when; 0: they agree */
};

/* ---- what they say ---- */

static void give(struct redis_sentinels *self)
{
    size_t which = redis_masters_choose(self->answers, self->count, self->herald, self->turn);

    if (!self->wanted || which == self->count)
        return;
    self->wanted = false;
    self->turn++;
    self->on_master(self->owner, &self->answers[which]);
}

/* MASTER is another than the one that is in use, or being tried. */
static void leave(struct redis_sentinels *self, const struct redis_master *master)
{
    self->turn = 0;
    redis_hurry(self->owner);
    redis_lose(self->owner, "the sentinels say that %.200s port %d is the master now", master->host, master->port);
}

static void on_answer(void *ctx, size_t index, const struct redis_master *master, bool switched)
{
    struct redis_sentinels *self = ctx;

    self->answers[index] = *master;
    if (switched) {
        self->herald = index;
        if (!self->wanted && !redis_master_is(master, &self->owner->master))
            leave(self, master);
    }
    give(self);
}

/* ---- when they are away ---- */

size_t redis_sentinels_known(const struct redis_sentinels *self)
{
    size_t known = 0;

    for (size_t i = 0; i < self->count; i++)
        known += self->answers[i].host[0] != '\0';
    return known;
}

static bool all_are_closed(const struct redis_sentinels *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->list[i].state != SENTINEL_CLOSED)
            return false;
    return true;
}

/* No sentinel has named a master. Those that have not answered yet may do so until it is asked again. */
static void give_up(struct redis_sentinels *self)
{
    char why[REDIS_REASON_MAX] = "";
    size_t len = 0;

    for (size_t i = 0; i < self->count && len < sizeof why; i++) {
        char one[300];
        redis_sentinel_describe(&self->list[i], one, sizeof one);
        len += (size_t)snprintf(why + len, sizeof why - len, "%s%s", i > 0 ? ", " : "", one);
    }
    self->wanted = false;
    redis_lose(self->owner, "no sentinel says where it is: %s", why);
}

static void on_away(void *ctx, size_t index)
{
    struct redis_sentinels *self = ctx;

    self->answers[index].host[0] = '\0';
    if (self->herald == index)
        self->herald = self->count;
    if (self->wanted && all_are_closed(self))
        give_up(self);
}

/* ---- for their owner ---- */

struct redis_sentinels *redis_sentinels_new(struct redis *owner, redis_sentinels_fn *on_master)
{
    struct redis_sentinels *self = mem_new(sizeof *self);
    const struct redis_sentinel_events events = {self, on_answer, on_away};

    self->owner = owner;
    self->on_master = on_master;
    self->count = self->herald = owner->conf->host_count;
    self->list = mem_resize(NULL, self->count, sizeof *self->list);
    self->answers = mem_new(self->count * sizeof *self->answers);
    for (size_t i = 0; i < self->count; i++)
        redis_sentinel_init(&self->list[i], owner, i, &events);
    return self;
}

void redis_sentinels_free(struct redis_sentinels *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        redis_sentinel_fini(&self->list[i]);
    free(self->list);
    free(self->answers);
    free(self);
}

static void ask_all(struct redis_sentinels *self)
{
    for (size_t i = 0; i < self->count; i++)
        redis_sentinel_ask(&self->list[i]);
}

void redis_sentinels_want(struct redis_sentinels *self)
{
    self->wanted = true;
    self->wanted_us = clock_mono_us();
    ask_all(self);
}

/* Without a message of a switch: it may have been missed, or Redis restarted as a master that it is not any more. */
static void watch_owner(struct redis_sentinels *self, int64_t now_us)
{
    bool contradicted = redis_masters_contradict(self->answers, self->count, &self->owner->master);
    size_t which;

    if (!contradicted)
        self->contradicted_us = 0;
    else if (self->contradicted_us == 0)
        self->contradicted_us = now_us;
    if (!contradicted || now_us - self->contradicted_us <= CONTRADICTED_US)
        return;
    self->herald = self->count;
    which = redis_masters_choose(self->answers, self->count, self->herald, 0);
    self->contradicted_us = 0;
    leave(self, &self->answers[which]);
}

void redis_sentinels_tick(struct redis_sentinels *self, int64_t now_us)
{
    bool up = self->owner->state == STATE_UP;

    for (size_t i = 0; i < self->count; i++)
        redis_sentinel_check(&self->list[i], now_us);
    if (self->wanted && now_us - self->wanted_us > PATIENCE_US)
        give_up(self);
    if (!up || now_us - self->asked_us > ASK_US) {
        self->asked_us = now_us;
        ask_all(self);
    }
    if (!up)
        return;
    self->turn = 0;
    watch_owner(self, now_us);
}
