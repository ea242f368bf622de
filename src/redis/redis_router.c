/* SPDX-License-Identifier: ISC */
/* See redis_router.h. */
#include "redis/redis_router.h"

#include "base/conf_redis.h"
#include "base/mem.h"
#include "redis/redis_cluster.h"
#include "redis/redis_slots.h"

#include <stdlib.h>
#include <string.h>

struct redis_router {
    struct redis *one;             /* owned; NULL: a cluster */
    struct redis_cluster *cluster; /* owned; NULL: one server */
    struct redis_router_events events;
};

/* ---- one server ---- */

static void on_up(void *ctx, const char *replid)
{
    const struct redis_router *self = ctx;

    if (self->events.on_up)
        self->events.on_up(self->events.ctx, UINT64_MAX, replid);
}

static void on_down(void *ctx, const char *reason)
{
    const struct redis_router *self = ctx;

    if (self->events.on_down)
        self->events.on_down(self->events.ctx, UINT64_MAX, reason);
}

static void on_message(void *ctx, const char *channel, const char *bytes, size_t len)
{
    const struct redis_router *self = ctx;

    if (self->events.on_message)
        self->events.on_message(self->events.ctx, channel, bytes, len);
}

/* ---- either ---- */

struct redis_router *redis_router_new(struct event_base *base, const struct conf_redis *conf,
                                      struct redis_script *scripts, size_t count,
                                      const struct redis_router_events *events)
{
    struct redis_router *self = mem_new(sizeof *self);
    const struct redis_events one = {.ctx = self, .on_up = on_up, .on_down = on_down, .on_message = on_message};

    self->events = *events;
    if (conf->kind == CONF_REDIS_CLUSTER)
        self->cluster = redis_cluster_new(base, conf, scripts, count, events);
    else
        self->one = redis_new(base, conf, scripts, count, &one);
    return self;
}

void redis_router_free(struct redis_router *self)
{
    if (!self)
        return;
    redis_free(self->one);
    redis_cluster_free(self->cluster);
    free(self);
}

static struct redis *server_of(const struct redis_router *self, unsigned partition)
{
    return self->one ? self->one : redis_cluster_server(self->cluster, partition);
}

bool redis_router_up(const struct redis_router *self, unsigned partition)
{
    return self->one ? redis_up(self->one) : (redis_cluster_up(self->cluster) >> partition & 1) != 0;
}

bool redis_router_some_up(const struct redis_router *self)
{
    return self->one ? redis_up(self->one) : redis_cluster_up(self->cluster) != 0;
}

bool redis_router_all_up(const struct redis_router *self)
{
    return self->one ? redis_up(self->one) : redis_cluster_up(self->cluster) == UINT64_MAX;
}

unsigned redis_router_partitions_up(const struct redis_router *self)
{
    unsigned count = 0;

    for (unsigned i = 0; i < IDS_PARTITIONS; i++)
        count += redis_router_up(self, i);
    return count;
}

unsigned redis_router_servers_up(const struct redis_router *self)
{
    return self->one ? redis_up(self->one) : redis_cluster_servers_up(self->cluster);
}

bool redis_router_caught_up(const struct redis_router *self, unsigned partition)
{
    return redis_caught_up(server_of(self, partition));
}

bool redis_router_refuses(const struct redis_router *self, unsigned partition)
{
    return redis_refuses(server_of(self, partition));
}

const char *redis_router_eviction(const struct redis_router *self)
{
    return self->one ? redis_eviction(self->one) : redis_cluster_eviction(self->cluster);
}

const char *redis_router_reason(struct redis_router *self)
{
    return self->one ? redis_reason(self->one) : redis_cluster_reason(self->cluster);
}

const struct redis_stats *redis_router_stats(const struct redis_router *self)
{
    return self->one ? redis_stats(self->one) : redis_cluster_stats(self->cluster);
}

void redis_router_call(struct redis_router *self, const struct redis_call *call, redis_reply_fn *done, void *ctx)
{
    struct redis *redis = self->one;

    if (!redis)
        redis = redis_cluster_server(self->cluster, redis_slots_partition(call->keys[0].bytes, call->keys[0].len));
    redis_call(redis, call, done, ctx);
}

void redis_router_settle(struct redis_router *self, unsigned partition, redis_reply_fn *done, void *ctx)
{
    redis_settle(server_of(self, partition), done, ctx);
}

void redis_router_subscribe(struct redis_router *self, const char *channel,
                            void (*done)(void *ctx, enum redis_result result), void *ctx)
{
    if (self->one)
        redis_subscribe(self->one, channel, done, ctx);
    else
        redis_cluster_subscribe(self->cluster, channel, done, ctx);
}

void redis_router_unsubscribe(struct redis_router *self, const char *channel)
{
    if (self->one)
        redis_unsubscribe(self->one, channel);
    else
        redis_cluster_unsubscribe(self->cluster, channel);
}
