/* SPDX-License-Identifier: ISC */
/*
 * A hash table of nodes that live inside what is kept. It costs 12 to 16 bytes for each node, while uthash takes 56.
 * Clients choose the keys, so the hash is keyed: SipHash-1-3, with its own seed for each table.
 */
#ifndef ROLLCALL_BASE_TABLE_H
#define ROLLCALL_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* What is kept begins with it. */
struct table_node {
    struct table_node *next; /* in its bucket */
};

/* The key of NODE, with its length: what the table compares and hashes. */
typedef const char *table_key_fn(const struct table_node *node, size_t *len);

struct table {
    struct table_node **buckets; /* owned; NULL until something is added */
    size_t bucket_count;         /* a power of two, or 0 */
    size_t count;                /* nodes */
    uint64_t seed[2];
    table_key_fn *key;
};

/* An empty table whose nodes have the keys that KEY returns. No memory is allocated before the first node. */
void table_init(struct table *self, table_key_fn *key);

/* Frees the buckets; the nodes are the caller's. */
void table_fini(struct table *self);

/* The same, with the nodes: each is the beginning of memory of malloc(3). The table can be used again. */
void table_fini_with_nodes(struct table *self);

/* The node of this key (LEN bytes), or NULL. */
struct table_node *table_find(const struct table *self, const char *key, size_t len);

/* Adds NODE, whose key must not be in the table yet. */
void table_add(struct table *self, struct table_node *node);

/* Removes NODE, which must be in the table. */
void table_remove(struct table *self, struct table_node *node);

/* Removes all nodes and returns them as a chain by next, in no order. */
struct table_node *table_take_all(struct table *self);

#endif
