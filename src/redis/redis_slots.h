/* SPDX-License-Identifier: ISC */
/*
 * Which server of a Redis Cluster has which partition. All keys and channels of a partition p have the hash tag {p}, so
 * they are in one slot, the CRC16 of p modulo 16384 (Redis Cluster specification, "Keys distribution model"). Pure.
 */
#ifndef ROLLCALL_REDIS_SLOTS_H
#define ROLLCALL_REDIS_SLOTS_H

#include "base/ids.h"
#include "redis/redis_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_HOST_MAX = 256 };

/* A master, and its partitions, a bit for each. */
struct redis_owner {
    char host[REDIS_HOST_MAX];
    int port;
    uint64_t partitions; /* at least one */
};

struct redis_slots {
    struct redis_owner owners[IDS_PARTITIONS];
    size_t count;
};

/* The partition of NAME, a key or channel "rollcall:{p}:..." of LEN bytes; 0 if it has none. */
unsigned redis_slots_partition(const char *name, size_t len);

/*
 * Reads VALUE, the reply of the server at HOST to CLUSTER SLOTS: the masters that have partitions, into OUT. Partitions
 * whose slot nobody has are in none of them. False if it is not such a reply.
 */
bool redis_slots_read(const struct redis_value *value, const char *host, struct redis_slots *out);

#endif
