/* SPDX-License-Identifier: ISC */
/*
 * What the files that implement redis_cluster.h share: a cluster's servers, its partitions, and their channels. A
 * partition comes up, or is placed, when all of its channels are subscribed to at its server.
 */
#ifndef ROLLCALL_REDIS_PARTITION_H
#define ROLLCALL_REDIS_PARTITION_H

#include "base/conf_redis.h"
#include "redis/redis_cluster.h"
#include "redis/redis_member.h"
#include "redis/redis_slots.h"

#include <event2/event_struct.h>

/* Why partitions are away whose slots no server has. */
#define REDIS_ORPHANED "no server of the Redis Cluster has its slot; redis-cli --cluster check says which are missing"

struct redis_server {
    struct redis_cluster *cluster; /* borrowed: its owner */
    struct conf_redis conf;        /* the host is owned, the rest borrowed from the cluster's */
    struct redis *redis;           /* owned */
    uint64_t partitions;           /* that it has */
    int64_t doubted_ms;            /* monotonic: when it last said that the cluster is down; 0: never */
    bool garbles;                  /* its last answer to CLUSTER SLOTS was not understood */
    char replid[41];
};

struct cluster_channel; /* redis_partition.c */

struct redis_partition {
    struct redis_server *server;      /* borrowed: the cluster's */
    struct cluster_channel *channels; /* owned hash: all that are to be subscribed to */
    unsigned turn;                    /* how often it was placed or lost */
    size_t waiting;                   /* subscriptions not confirmed, of this turn */
    int64_t refused_ms;               /* monotonic: when the server last refused it; 0: never */
    enum redis_misplaced refused_why;
};

struct redis_cluster {
    struct event_base *base;       /* borrowed */
    const struct conf_redis *conf; /* borrowed */
    struct redis_script *scripts;  /* borrowed */
    size_t script_count;
    struct redis_router_events events;
    struct redis_stats stats;
    struct redis_server *scout;    /* owned: has the partitions of which no server is known */
    struct redis_server **servers; /* owned */
    size_t server_count;
    size_t next_host; /* for the scout */
    struct redis_partition partitions[IDS_PARTITIONS];
    /* A bit for each partition: */
    uint64_t up;
    uint64_t placing;   /* their channels are being subscribed to */
    uint64_t rising;    /* that is done, and they come up at the end of this turn */
    uint64_t falling;   /* they were lost, which is told at the end of this turn */
    uint64_t told_down; /* it was told, since they were last up */
    struct event ask, tell, tick;
    int64_t asked_ms; /* monotonic: when all servers were last asked for the slots */
    char reason[1024];
};

/* To be called once; before the servers are freed, when nobody is told anything any more; and after that. */
void redis_partitions_init(struct redis_cluster *self);
void redis_partitions_end(struct redis_cluster *self);
void redis_partitions_fini(struct redis_cluster *self);

/* Subscribes to all channels of those of PARTITIONS that are not up, at their server if that is up. */
void redis_partitions_place(struct redis_cluster *self, uint64_t partitions);

/* PARTITIONS are not up any more. That is told of those that were. */
void redis_partitions_lose(struct redis_cluster *self, uint64_t partitions);

/* Messages of PARTITION that its server still sends are ignored from now on. */
void redis_partitions_leave(struct redis_partition *partition);

/* Tells at once what is up or lost; REASON says why it is lost. */
void redis_partitions_tell(struct redis_cluster *self, const char *reason);

#endif
