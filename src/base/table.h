/* SPDX-License-Identifier: ISC */
/*
 * A hash table over nodes that live inside what they are for: eight bytes a node and four to eight a bucket share,
 * where uthash takes 56. Keys are chosen by clients, so the hash is keyed: SipHash-1-3 with a seed of each table's own.
 */
#ifndef ROLLCALL_BASE_TABLE_H
#define ROLLCALL_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* The first member of what is kept. */
struct table_node {
    struct table_node *next; /* in its bucket */
};

/* The key of NODE, with its length: what the table compares and hashes. */
typedef const char *table_key_fn(const struct table_node *node, size_t *len);

struct table {
    struct table_node **buckets; /* owned; NULL while nothing was ever put in */
    size_t bucket_count;         /* a power of two, or 0 */
    size_t count;                /* nodes */
    uint64_t seed[2];
    table_key_fn *key;
};

void table_init(struct table *self, table_key_fn *key);

/* Frees the buckets; the nodes are the caller's. */
void table_fini(struct table *self);

/* The node of this key, or NULL. */
struct table_node *table_find(const struct table *self, const char *key, size_t len);

/* Puts NODE in, whose key must not be in yet. */
void table_add(struct table *self, struct table_node *node);

/* Takes NODE out, which must be in. */
void table_remove(struct table *self, struct table_node *node);

/* Takes all nodes out: a chain by next, in no order. */
struct table_node *table_take_all(struct table *self);

#endif
