/* SPDX-License-Identifier: ISC */
/*
 * What is counted of each server of Redis, by its address: of one server, of those that sentinels have named, or of
 * those of a cluster. A plain struct without pointers: zeroed memory is an empty list, and it can lie in shared memory.
 * What was counted stays when a server is not used any more.
 */
#ifndef ROLLCALL_REDIS_NODES_H
#define ROLLCALL_REDIS_NODES_H

#include <stddef.h>
#include <stdint.h>

enum {
    REDIS_NODES = 24, /* /metrics has a few lines for each. Further ones count as one */
    REDIS_NODE_NAME = 120,
};

struct redis_node {
    char name[REDIS_NODE_NAME];    /* HOST:PORT or the path of a socket, cut if it is longer */
    unsigned long up;              /* connections that are ready */
    unsigned long refusing;        /* of these, that are refused to write */
    unsigned long calls, failures; /* of scripts */
    uint64_t spent_us;             /* from calls to their replies, added up */
};

struct redis_nodes {
    struct redis_node list[REDIS_NODES];
    size_t count;
};

/* The node called NAME, which is added; if there is no room, the last one, "others". Valid as long as SELF. */
struct redis_node *redis_nodes_at(struct redis_nodes *self, const char *name);

/* Adds all that MORE has counted, node by node. */
void redis_nodes_merge(struct redis_nodes *self, const struct redis_nodes *more);

#endif
