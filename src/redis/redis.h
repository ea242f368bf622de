/* SPDX-License-Identifier: ISC */
/*
 * A worker's link to Redis: one connection for scripts and one for the channels, both kept up, checked and proved able
 * (master, scripts, publish and subscribe) before anything goes over them. Every call is answered exactly once, from the
 * loop; when Redis cannot do it, the answer says so and is never mistaken for absence. The only file that knows hiredis.
 */
#ifndef ROLLCALL_STORE_REDIS_H
#define ROLLCALL_STORE_REDIS_H

#include "base/conf.h"
#include "base/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct redis;
struct redis_value; /* a reply, or an element of one; valid during the callback alone */

enum redis_result {
    REDIS_OK,
    REDIS_UNAVAILABLE, /* not connected, LOADING, BUSY, MASTERDOWN, READONLY, OOM, NOPERM, ...: try again later */
    REDIS_ERROR,       /* the script itself failed: a fault of ours or of the data; logged */
};

enum redis_type { REDIS_TYPE_NONE, REDIS_TYPE_TEXT, REDIS_TYPE_INT, REDIS_TYPE_LIST };

enum redis_type redis_value_type(const struct redis_value *value);
/* The bytes of a text (NUL-ended, may hold NULs), with their length in LEN (may be NULL); NULL where it is none. */
const char *redis_value_text(const struct redis_value *value, size_t *len);
/* The number of an integer, or of a text that is one; OTHERWISE where it is neither. */
int64_t redis_value_int(const struct redis_value *value, int64_t otherwise);
size_t redis_value_count(const struct redis_value *value);
const struct redis_value *redis_value_at(const struct redis_value *value, size_t index); /* NULL beyond the end */

/* A Lua script as the build embeds it. */
struct redis_script {
    const char *name; /* for logs and metrics */
    const char *text;
    char sha1[41]; /* filled once Redis has taken the script */
};

struct redis_events {
    void *ctx;
    /* Both connections are ready (again). REPLID, 40 characters, is the master's replication id. */
    void (*on_up)(void *ctx, const char *replid);
    /* Either was lost, or refuses, also at the first attempt; what was asked is answered with REDIS_UNAVAILABLE. Once until
     * the next on_up, however many attempts fail. */
    void (*on_down)(void *ctx, const char *reason);
    /* A message on a channel that was subscribed to. */
    void (*on_message)(void *ctx, const char *channel, const char *bytes, size_t len);
};

struct redis_stats {
    unsigned long calls, failures, reconnects;
    struct histogram latency; /* from a call to its reply */
};

/* CONF and SCRIPTS (COUNT of them) are borrowed. It begins to connect at once. */
struct redis *redis_new(struct event_base *base, const struct conf_redis *conf, struct redis_script *scripts,
                        size_t count, const struct redis_events *events);
/* Answers what is pending with REDIS_UNAVAILABLE. Not from within a callback of SELF. */
void redis_free(struct redis *self);

bool redis_up(const struct redis *self);
/* The policy by which this Redis evicts keys when its memory is full, or "" where it does not: as of the last connect. */
const char *redis_eviction(const struct redis *self);
/* Why it is not up, or what it refused within the last second though it is (out of memory, busy, a right taken away), or "":
 * a sentence for readyz and the log. */
const char *redis_reason(const struct redis *self);
const struct redis_stats *redis_stats(const struct redis *self);

typedef void redis_reply_fn(void *ctx, enum redis_result result, const struct redis_value *value);

/* Runs script INDEX with KEYS and ARGS (arrays of bytes with lengths, copied). DONE is called once, never before this returns. */
struct redis_arg {
    const char *bytes;
    size_t len;
};
void redis_call(struct redis *self, size_t index, const struct redis_arg *keys, size_t key_count,
                const struct redis_arg *args, size_t arg_count, redis_reply_fn *done, void *ctx);

/*
 * Subscribes to CHANNEL; DONE (may be NULL) is called once, from the loop, when the subscription stands, or with
 * REDIS_UNAVAILABLE when it does not yet. Kept up, or tried again, over reconnects until redis_unsubscribe() all the same.
 */
void redis_subscribe(struct redis *self, const char *channel, void (*done)(void *ctx, enum redis_result result),
                     void *ctx);
void redis_unsubscribe(struct redis *self, const char *channel);

#endif
