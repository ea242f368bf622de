/* SPDX-License-Identifier: ISC */
/* See redis_cluster.h. What is wrong with a cluster, as a sentence: which partitions are away, and why. */
#include "base/clock.h"
#include "redis/redis_partition.h"

#include <stdio.h>

enum { REFUSED_MS = 1000 /* so long a partition that is on its way is reported */ };

/* "partition 3", or "partitions 3, 17 and 40", into OUT. */
static void name_partitions(uint64_t partitions, char *out, size_t size)
{
    int len = snprintf(out, size, (partitions & (partitions - 1)) == 0 ? "partition" : "partitions");

    for (unsigned i = 0, named = 0; i < IDS_PARTITIONS; i++) {
        if ((partitions >> i & 1) == 0)
            continue;
        bool is_last = named > 0 && partitions >> i == 1;
        len += snprintf(out + len, size - (size_t)len, "%s %u", is_last ? " and" : named > 0 ? "," : "", i);
        named++;
    }
}

/* Those of the partitions that are up that cannot be used at this moment. */
static uint64_t moving(const struct redis_cluster *self)
{
    int64_t now_ms = clock_mono_ms();
    uint64_t moving = 0;

    for (unsigned i = 0; i < IDS_PARTITIONS; i++)
        if (self->partitions[i].refused_ms > 0 && now_ms - self->partitions[i].refused_ms < REFUSED_MS)
            moving |= self->up & UINT64_C(1) << i;
    return moving;
}

/* Why the first of PARTITIONS cannot be used: what its server says, or what became of it. */
static const char *why_away(const struct redis_cluster *self, uint64_t partitions)
{
    const struct redis_partition *first = self->partitions;

    for (; (partitions & 1) == 0; partitions >>= 1)
        first++;
    if (first->server == self->scout && self->server_count > 0)
        return REDIS_ORPHANED;
    const char *why = redis_reason(first->server->redis);
    if (*why)
        return why;
    return first->refused_why == MISPLACED_DOWN ? "the Redis Cluster is down (CLUSTERDOWN); redis-cli --cluster check "
                                                  "says why"
                                                : "on the way from one server to another";
}

static const char *why_refused(const struct redis_cluster *self)
{
    for (size_t i = 0; i < self->server_count; i++)
        if (redis_refuses(self->servers[i]->redis))
            return redis_reason(self->servers[i]->redis);
    return "";
}

const char *redis_cluster_reason(struct redis_cluster *self)
{
    const uint64_t down = ~self->up;
    const uint64_t refused = moving(self);
    char names[320];

    if (down == UINT64_MAX)
        return redis_reason(self->partitions[0].server->redis);
    if (down == 0 && refused == 0)
        return why_refused(self);
    name_partitions(down | refused, names, sizeof names);
    snprintf(self->reason, sizeof self->reason, "%s of 64: %s", names, why_away(self, down != 0 ? down : refused));
    return self->reason;
}
