/* SPDX-License-Identifier: ISC */
/*
 * All that a worker has of Redis: one server, or the servers of a Redis Cluster. Each of the 64 partitions
 * (base/ids.h) is with one server, and a call goes to that one: the partition is in the tag of its first key, or of the
 * channel. With one server, all partitions are with it, and nothing else is asked or kept. Otherwise as redis.h says.
 *
 * In a cluster, partitions come up and are lost one by one. A partition is up when its server is, and all channels of
 * it are subscribed to there. If it moves to another server, it is lost and comes up again. What the first server says
 * of it from then on is not believed.
 */
#ifndef ROLLCALL_REDIS_ROUTER_H
#define ROLLCALL_REDIS_ROUTER_H

#include "redis/redis.h"

struct redis_router;

/* PARTITIONS has a bit for each; without a cluster, all bits are set. */
struct redis_router_events {
    void *ctx;
    /* PARTITIONS are up (again), with a server whose replication id is REPLID, 40 characters. */
    void (*on_up)(void *ctx, uint64_t partitions, const char *replid);
    /* PARTITIONS are lost, or were not reached at the first attempt. Called once for each until it is up again. */
    void (*on_down)(void *ctx, uint64_t partitions, const char *reason);
    /* A message on a channel that was subscribed to. */
    void (*on_message)(void *ctx, const char *channel, const char *bytes, size_t len);
};

/* Begins to connect at once. CONF and SCRIPTS are borrowed; EVENTS is copied. Freed with redis_router_free(). */
struct redis_router *redis_router_new(struct event_base *base, const struct conf_redis *conf,
                                      struct redis_script *scripts, size_t count,
                                      const struct redis_router_events *events);

/* Answers what is pending with REDIS_UNAVAILABLE. Takes NULL. Must not be called from within a callback of SELF. */
void redis_router_free(struct redis_router *self);

/* Whether PARTITION is up; any partition is; all are. */
bool redis_router_up(const struct redis_router *self, unsigned partition);
bool redis_router_some_up(const struct redis_router *self);
bool redis_router_all_up(const struct redis_router *self);

/* How many partitions, and how many servers, are up. */
unsigned redis_router_partitions_up(const struct redis_router *self);
unsigned redis_router_servers_up(const struct redis_router *self);

/* redis_caught_up() for what is published in PARTITION. */
bool redis_router_caught_up(const struct redis_router *self, unsigned partition);

/* redis_refuses() of the server of PARTITION. */
bool redis_router_refuses(const struct redis_router *self, unsigned partition);

/* The policy by which a server evicts keys when its memory is full, or "" if none does. */
const char *redis_router_eviction(const struct redis_router *self);

/*
 * Why not all partitions are up, and which are not; or what a server refuses; or "". A sentence, valid until the loop
 * runs again.
 */
const char *redis_router_reason(struct redis_router *self);

/* What was counted, of all servers together; valid as long as SELF. */
const struct redis_stats *redis_router_stats(const struct redis_router *self);

/* redis_call(), redis_settle(), redis_subscribe() and redis_unsubscribe() at the server that it is for. */
void redis_router_call(struct redis_router *self, const struct redis_call *call, redis_reply_fn *done, void *ctx);
void redis_router_settle(struct redis_router *self, unsigned partition, redis_reply_fn *done, void *ctx);
void redis_router_subscribe(struct redis_router *self, const char *channel,
                            void (*done)(void *ctx, enum redis_result result), void *ctx);
void redis_router_unsubscribe(struct redis_router *self, const char *channel);

#endif
