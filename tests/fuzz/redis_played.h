/* SPDX-License-Identifier: ISC */
/*
 * A Redis that is played: what presence/ asks of it waits until the target says what is answered. A target that
 * includes this gets redis_router_call() and the like from here instead of from src/redis/; only replies are still read there.
 */
#ifndef ROLLCALL_TESTS_FUZZ_REDIS_PLAYED_H
#define ROLLCALL_TESTS_FUZZ_REDIS_PLAYED_H

#include "fuzz.h"
#include "presence/scripts.h"
#include "redis/redis_router.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#define PLAYED_REPLID "0123456789012345678901234567890123456789"

enum { PLAYED_ROUNDS_MAX = 100000 };

/* A call, or a subscription, that waits. */
struct played_call {
    struct played_call *next;
    size_t script;
    bool upkeep; /* made by a tick, not by a request */
    redis_reply_fn *done;
    void (*subscribed)(void *ctx, enum redis_result result);
    void *ctx;
};

struct redis_router {
    struct redis_router_events events;
    struct redis_stats stats;
    bool up;
    struct played_call *calls; /* owned list, the oldest first */
    struct played_call **last;
    size_t believable;    /* replies that were handed over */
    char own_channel[64]; /* the worker's */
};

static struct redis_router played;

static inline void played_push(struct played_call call)
{
    struct played_call *copy = malloc(sizeof *copy);

    if (!copy)
        abort();
    *copy = call;
    copy->next = NULL;
    *played.last = copy;
    played.last = &copy->next;
}

/* ---- what presence/ and api/ call ---- */

struct redis_router *redis_router_new(struct event_base *base, const struct conf_redis *conf,
                                      struct redis_script *scripts, size_t count,
                                      const struct redis_router_events *events)
{
    (void)base;
    (void)conf;
    (void)scripts;
    (void)count;
    memset(&played, 0, sizeof played);
    played.events = *events;
    played.last = &played.calls;
    return &played;
}

void redis_router_call(struct redis_router *self, const struct redis_call *call, redis_reply_fn *done, void *ctx)
{
    bool upkeep = call->script == SCRIPT_EXPIRE || call->script == SCRIPT_PRUNE || call->script == SCRIPT_ADOPT;

    for (size_t i = 0; i < call->arg_count; i++)
        insist(call->args[i].bytes || call->args[i].len == 0, "an argument is there");
    for (size_t i = 0; i < call->key_count; i++)
        insist(strncmp(call->keys[i].bytes, "rollcall:{", 10) == 0, "a key is one of Rollcall's");
    self->stats.calls++;
    played_push((struct played_call){.script = call->script, .upkeep = upkeep, .done = done, .ctx = ctx});
}

void redis_router_settle(struct redis_router *self, unsigned partition, redis_reply_fn *done, void *ctx)
{
    (void)self;
    (void)partition;
    played_push((struct played_call){.script = SCRIPT_KINDS, .done = done, .ctx = ctx});
}

void redis_router_subscribe(struct redis_router *self, const char *channel,
                            void (*done)(void *ctx, enum redis_result result), void *ctx)
{
    (void)self;
    insist(strncmp(channel, "rollcall:", 9) == 0, "a channel is one of Rollcall's");
    if (strncmp(channel, "rollcall:worker:", 16) == 0)
        snprintf(played.own_channel, sizeof played.own_channel, "%s", channel);
    played_push((struct played_call){.subscribed = done, .ctx = ctx});
}

void redis_router_unsubscribe(struct redis_router *self, const char *channel)
{
    (void)self;
    (void)channel;
}

bool redis_router_up(const struct redis_router *self, unsigned partition)
{
    (void)partition;
    return self->up;
}

bool redis_router_some_up(const struct redis_router *self)
{
    return self->up;
}

bool redis_router_all_up(const struct redis_router *self)
{
    return self->up;
}

unsigned redis_router_partitions_up(const struct redis_router *self)
{
    return self->up ? IDS_PARTITIONS : 0;
}

unsigned redis_router_servers_up(const struct redis_router *self)
{
    return self->up;
}

bool redis_router_caught_up(const struct redis_router *self, unsigned partition)
{
    return redis_router_up(self, partition);
}

bool redis_router_refuses(const struct redis_router *self, unsigned partition)
{
    (void)self;
    (void)partition;
    return false;
}

const char *redis_router_eviction(const struct redis_router *self)
{
    (void)self;
    return "";
}

const char *redis_router_reason(struct redis_router *self)
{
    return self->up ? "" : "Redis is not available: it is only played";
}

const struct redis_stats *redis_router_stats(const struct redis_router *self)
{
    return &self->stats;
}

/* ---- for targets ---- */

/* Takes CALL out and answers it. */
static inline void played_answer(struct played_call *call, enum redis_result result, const struct redis_value *value)
{
    struct played_call **at = &played.calls;
    struct played_call taken = *call;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    if (!call->next)
        played.last = at;
    free(call);
    if (taken.done)
        taken.done(taken.ctx, result, value);
    else if (taken.subscribed)
        taken.subscribed(taken.ctx, result);
}

/* The oldest that waits: a subscription, or a call that is UPKEEP or not; NULL if there is none. */
static inline struct played_call *played_next(bool subscription, bool upkeep)
{
    for (struct played_call *call = played.calls; call; call = call->next)
        if (!call->done == subscription && call->upkeep == upkeep)
            return call;
    return NULL;
}

/* Confirms the subscriptions, if it is up; else refuses them. */
static inline void played_confirm(void)
{
    struct played_call *call;

    for (int round = 0; round < PLAYED_ROUNDS_MAX && (call = played_next(true, false)); round++)
        played_answer(call, played.up ? REDIS_OK : REDIS_UNAVAILABLE, NULL);
}

/* Refuses all that waits, with what is asked again because of it. */
static inline void played_refuse_all(void)
{
    for (int round = 0; round < PLAYED_ROUNDS_MAX && played.calls; round++)
        played_answer(played.calls, REDIS_UNAVAILABLE, NULL);
}

static inline void played_set_up(bool up)
{
    if (played.up == up)
        return;
    played.up = up;
    if (up) {
        played.events.on_up(played.events.ctx, UINT64_MAX, PLAYED_REPLID);
        return;
    }
    played.events.on_down(played.events.ctx, UINT64_MAX, "it is only played");
    played_refuse_all();
}

/* One reply for the oldest call that waits, of the kind UPKEEP says; for none it is thrown away. */
static inline void played_reply(const struct redis_value *value, bool upkeep)
{
    struct played_call *call = played_next(false, upkeep);

    if (!call || !played.up)
        return;
    played.believable += !value->error;
    played_answer(call, value->error ? REDIS_UNAVAILABLE : REDIS_OK, value->error ? NULL : value);
}

/* Answers with the replies that LEN BYTES of Redis's protocol are, up to the first that is not one. */
static inline void played_replies(const char *bytes, size_t len, bool upkeep)
{
    struct redis_arena arena = {NULL, 0};
    struct redisReader *reader = redis_value_reader_new(&arena);
    void *value = NULL;

    redisReaderFeed(reader, bytes, len);
    while (redisReaderGetReply(reader, &value) == REDIS_OK && value) {
        played_reply(value, upkeep);
        played_confirm();
        redis_arena_reset(&arena);
    }
    redisReaderFree(reader);
    redis_arena_fini(&arena);
}

/* What a Redis with the workspace, in which u1 is active, answers to SCRIPT. */
static inline const char *played_usual(size_t script)
{
    switch (script) {
    case SCRIPT_BEAT: return "$37\r\nok 0123456789abcdef 7 1000 active 1 9\r\n";
    case SCRIPT_LEAVE:
    case SCRIPT_EVICT: return "*9\r\n+ok\r\n+0123456789abcdef\r\n:7\r\n:1000\r\n+\r\n+\r\n+\r\n+\r\n+\r\n";
    case SCRIPT_MARK: return "*3\r\n+0123456789abcdef\r\n:7\r\n:1000\r\n";
    case SCRIPT_CHANGES:
        return "*10\r\n+0123456789abcdef\r\n:7\r\n:0\r\n:1000\r\n+u1\r\n:7\r\n+active\r\n:900\r\n+join\r\n+\r\n";
    case SCRIPT_SAY: return "$46\r\nok 0123456789abcdef 7 1000 active active 1700\r\n";
    case SCRIPT_OWN: return "*4\r\n:1000\r\n+active\r\n+active\r\n:1700\r\n";
    case SCRIPT_SESSIONS: return "*8\r\n:1000\r\n+active\r\n+session-1\r\n+active\r\n+-\r\n:1\r\n:9\r\n:61000\r\n";
    default: return ":0\r\n";
    }
}

/* Answers requests' calls, and those that follow from the answers, as Redis would. */
static inline void played_behave(void)
{
    struct played_call *call;

    played_confirm();
    if (!played.up)
        played_refuse_all();
    for (int round = 0; round < PLAYED_ROUNDS_MAX && (call = played_next(false, false)); round++) {
        const char *reply = played_usual(call->script);

        played_replies(reply, strlen(reply), false);
    }
}

void redis_router_free(struct redis_router *self)
{
    self->up = false;
    played_refuse_all();
    insist(!self->calls, "who is refused does not ask for ever");
}

#endif
