/* SPDX-License-Identifier: ISC */
/*
 * What a struct redis that is one server of a Redis Cluster does beside what redis.h says. Which server has which
 * partition is not decided here, but by redis_cluster.c.
 */
#ifndef ROLLCALL_REDIS_MEMBER_H
#define ROLLCALL_REDIS_MEMBER_H

#include "redis/redis_fault.h"
#include "redis/redis_state.h"

/* ---- for the cluster ---- */

/*
 * For one server of a cluster, to be said right after redis_new(): it is one, and has PARTITIONS, a bit for each. Its
 * channels are sharded, all of them have the tag of a partition, and its user subscribes to them again when it is back:
 * it comes up with none. What it answers about another partition than those counts as REDIS_UNAVAILABLE. May be called
 * again when it has others. STATS, which outlives SELF, is where its calls are counted.
 */
void redis_join(struct redis *self, uint64_t partitions, struct redis_stats *stats);

/*
 * The same for a scout: it only asks for the slots, as often as redis_scout_go() is called, and never comes up. Until
 * it has been answered it connects again and again.
 */
void redis_scout(struct redis *self, struct redis_stats *stats);
void redis_scout_go(struct redis *self);

/* Ignores CHANNEL from now on, which a server of a cluster ends by itself when it knows that it is elsewhere. */
void redis_forget(struct redis *self, const char *channel);

/* Asks a server of a cluster that is up which partitions are where: on_slots follows. */
void redis_ask_slots(struct redis *self);

/* ---- for the files that implement redis.h ---- */

/* Whether it has PARTITION: without a cluster, it has all. */
static inline bool redis_has(const struct redis *self, unsigned partition)
{
    return !self->clustered || (self->partitions >> partition & 1) != 0;
}

/*
 * Whether FAULT, which Redis gave for an answer, says that in a cluster PARTITION is elsewhere, or cannot be used now.
 * That is told.
 */
bool redis_misplaced(struct redis *self, unsigned partition, enum redis_fault fault);

/* A scout has its answer, and gives up its connection at the end of this turn. */
void redis_scouted(struct redis *self);

#endif
