/* SPDX-License-Identifier: ISC */
/*
 * A worker's connections to Redis: one for scripts and one for channels. Both are kept up, and they are used only after
 * a check that they can do what a worker needs (master, scripts, publish and subscribe). Every call is answered exactly
 * once, from the loop. If Redis cannot do it, the answer says so, and cannot be mistaken for "there is nothing". This
 * is all that the rest of Rollcall sees of Redis: only src/redis/ includes hiredis.
 */
#ifndef ROLLCALL_REDIS_REDIS_H
#define ROLLCALL_REDIS_REDIS_H

#include "base/conf.h"
#include "base/histogram.h"
#include "redis/redis_nodes.h"
#include "redis/redis_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct redis;

enum redis_result {
    REDIS_OK,
    REDIS_UNAVAILABLE, /* not connected, LOADING, BUSY, MASTERDOWN, READONLY, OOM, NOPERM, ...: try again later */
    REDIS_ERROR,       /* the script itself failed, because of a bug or bad data; logged */
};

/* A Lua script as the build embeds it. */
struct redis_script {
    const char *name; /* for logs and metrics */
    const char *text;
    char sha1[41]; /* filled once Redis has taken the script */
};

enum redis_misplaced {
    MISPLACED_MOVED,  /* another server has it; and this one sends no more messages of its channels */
    MISPLACED_MOVING, /* it is on its way to another server, or from one */
    MISPLACED_DOWN,   /* so the cluster says, of all partitions perhaps */
};

/* Functions that are NULL are not called. */
struct redis_events {
    void *ctx;
    /* Both connections are ready (again). REPLID, 40 characters, is the master's replication id. */
    void (*on_up)(void *ctx, const char *replid);
    /*
     * Redis is lost, or was not reached at the first attempt, because of REASON. Calls that are under way are
     * answered with REDIS_UNAVAILABLE. Called once until the next on_up, however many attempts fail.
     */
    void (*on_down)(void *ctx, const char *reason);
    /* A message on a channel that was subscribed to. */
    void (*on_message)(void *ctx, const char *channel, const char *bytes, size_t len);
    /* Of a cluster alone: the server says that it does not have PARTITION, or not now, because of WHY. */
    void (*on_misplaced)(void *ctx, unsigned partition, enum redis_misplaced why);
    /* The same: what it answers to CLUSTER SLOTS, valid during the call. */
    void (*on_slots)(void *ctx, const struct redis_value *slots);
    /* A scout is about to connect: this may change what redis_new() got as CONF. */
    void (*on_connect)(void *ctx);
};

struct redis_stats {
    unsigned long calls, failures, reconnects;
    unsigned long sentinels;  /* that answer; twice a second */
    struct histogram latency; /* from a call to its reply */
    struct redis_nodes nodes; /* each server */
};

/*
 * Begins to connect at once. CONF and SCRIPTS (COUNT of them) are borrowed; EVENTS is copied. Freed with redis_free().
 */
struct redis *redis_new(struct event_base *base, const struct conf_redis *conf, struct redis_script *scripts,
                        size_t count, const struct redis_events *events);

/*
 * Whether it has refused a call within the last second, and would perhaps have refused any other; or takes no writes:
 * that is tried when it comes up, and every 2 s, or every 0.5 s while it takes none.
 */
bool redis_refuses(const struct redis *self);

/* Answers what is pending with REDIS_UNAVAILABLE. Takes NULL. Must not be called from within a callback of SELF. */
void redis_free(struct redis *self);

/* Whether both connections are ready. */
bool redis_up(const struct redis *self);

/*
 * Whether both connections are ready, and all that has come from a channel is read: then everything is known that was
 * published before this, as far as it has arrived.
 */
bool redis_caught_up(const struct redis *self);

/*
 * The policy by which this Redis evicts keys when its memory is full, or "" if it evicts none; as of the last connect.
 */
const char *redis_eviction(const struct redis *self);

/*
 * Why it is not up; or, if it is up, what it refuses, as redis_refuses() says (out of memory, too few replicas, busy,
 * a right taken away); or "". A sentence for readyz and the log, valid until the loop runs again.
 */
const char *redis_reason(const struct redis *self);

/* What was counted since redis_new(); valid as long as SELF. */
const struct redis_stats *redis_stats(const struct redis *self);

/*
 * Gets the RESULT of a call, and the script's answer in VALUE if it is REDIS_OK; VALUE is valid during this call only.
 */
typedef void redis_reply_fn(void *ctx, enum redis_result result, const struct redis_value *value);

struct redis_arg {
    const char *bytes;
    size_t len;
};

/* A call of a script. Everything is borrowed until redis_call() returns. */
struct redis_call {
    size_t script; /* its index */
    const struct redis_arg *keys;
    size_t key_count;
    const struct redis_arg *args;
    size_t arg_count;
};

/* Makes CALL. DONE is called exactly once with CTX, from the loop, never before this returns. */
void redis_call(struct redis *self, const struct redis_call *call, redis_reply_fn *done, void *ctx);

/*
 * Calls DONE once with CTX, from the loop, when Redis has sent all messages that were published by calls whose replies
 * have come: they are in their receivers' sockets then. Or with REDIS_UNAVAILABLE, if Redis is lost.
 */
void redis_settle(struct redis *self, redis_reply_fn *done, void *ctx);

/*
 * Subscribes to CHANNEL. DONE (may be NULL) is called once, from the loop: with REDIS_OK when Redis has confirmed it,
 * or with REDIS_UNAVAILABLE if that is not possible now. In either case the channel is subscribed to after every
 * reconnect, until redis_unsubscribe().
 */
void redis_subscribe(struct redis *self, const char *channel, void (*done)(void *ctx, enum redis_result result),
                     void *ctx);

/* Ends the subscription to CHANNEL, if there is one. */
void redis_unsubscribe(struct redis *self, const char *channel);

#endif
