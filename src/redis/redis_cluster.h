/* SPDX-License-Identifier: ISC */
/*
 * The servers of a Redis Cluster, and which of them has which partition. For redis_router.c, whose header says what the
 * functions do: here they are for a cluster alone. The configured hosts are only asked which servers there are.
 *
 * A server that is up is asked itself whether it still has its partitions. Others are believed about a partition only
 * if its server is away, or says that the cluster is down. So two servers that know of different maps, as in a split
 * network, do not send a worker back and forth.
 */
#ifndef ROLLCALL_REDIS_CLUSTER_H
#define ROLLCALL_REDIS_CLUSTER_H

#include "redis/redis_router.h"

struct redis_cluster;

/* As redis_router_new() and redis_router_free(). */
struct redis_cluster *redis_cluster_new(struct event_base *base, const struct conf_redis *conf,
                                        struct redis_script *scripts, size_t count,
                                        const struct redis_router_events *events);
void redis_cluster_free(struct redis_cluster *self);

/* The partitions that are up, a bit for each. */
uint64_t redis_cluster_up(const struct redis_cluster *self);

/* How many servers are up. */
unsigned redis_cluster_servers_up(const struct redis_cluster *self);

/* The server that has PARTITION; or, if that is not up, one that refuses everything. */
struct redis *redis_cluster_server(const struct redis_cluster *self, unsigned partition);

/* As the functions of redis_router.h that are called alike. */
const char *redis_cluster_eviction(const struct redis_cluster *self);
const char *redis_cluster_reason(struct redis_cluster *self);
const struct redis_stats *redis_cluster_stats(const struct redis_cluster *self);
void redis_cluster_subscribe(struct redis_cluster *self, const char *channel,
                             void (*done)(void *ctx, enum redis_result result), void *ctx);
void redis_cluster_unsubscribe(struct redis_cluster *self, const char *channel);

#endif
