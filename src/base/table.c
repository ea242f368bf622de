/* SPDX-License-Identifier: ISC */
/* See table.h. Buckets are chains; their number doubles at two nodes a bucket. */
#include "base/table.h"

#include "base/mem.h"
#include "base/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_BUCKETS_MIN = 8, TABLE_LOAD_MAX = 2 };

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3. Byte order does not matter: the hash never leaves the process. */
static uint64_t hash_bytes(const uint64_t seed[2], const char *bytes, size_t len)
{
    uint64_t v[4] = {
        seed[0] ^ 0x736f6d6570736575U,
        seed[1] ^ 0x646f72616e646f6dU,
        seed[0] ^ 0x6c7967656e657261U,
        seed[1] ^ 0x7465646279746573U,
    };
    size_t whole = len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = 0;
    memcpy(&last, bytes + whole, len - whole);
    last ^= (uint64_t)len << 56;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void table_init(struct table *self, table_key_fn *key)
{
    *self = (struct table){.key = key};
    random_bytes(self->seed, sizeof self->seed);
}

void table_fini(struct table *self)
{
    free(self->buckets);
    self->buckets = NULL;
    self->bucket_count = 0;
    self->count = 0;
}

void table_fini_with_nodes(struct table *self)
{
    struct table_node *all = table_take_all(self);
    while (all) {
        struct table_node *node = all;
        all = node->next;
        free(node);
    }
    table_fini(self);
}

/* The chain of KEY; there must be buckets. */
static struct table_node **chain_of(const struct table *self, const char *key, size_t len)
{
    return &self->buckets[hash_bytes(self->seed, key, len) & (self->bucket_count - 1)];
}

static struct table_node **chain_of_node(const struct table *self, const struct table_node *node)
{
    size_t len;
    const char *key = self->key(node, &len);
    return chain_of(self, key, len);
}

struct table_node *table_find(const struct table *self, const char *key, size_t len)
{
    if (self->count == 0)
        return NULL;
    for (struct table_node *at = *chain_of(self, key, len); at; at = at->next) {
        size_t at_len;
        const char *at_key = self->key(at, &at_len);
        if (at_len == len && memcmp(at_key, key, len) == 0)
            return at;
    }
    return NULL;
}

static void push(struct table *self, struct table_node *node)
{
    struct table_node **chain = chain_of_node(self, node);
    node->next = *chain;
    *chain = node;
    self->count++;
}

static void grow(struct table *self)
{
    size_t bucket_count = self->bucket_count == 0 ? TABLE_BUCKETS_MIN : self->bucket_count * 2;
    struct table_node *all = table_take_all(self);
    free(self->buckets);
    self->buckets = mem_new(bucket_count * sizeof(struct table_node *));
    self->bucket_count = bucket_count;
    while (all) {
        struct table_node *node = all;
        all = node->next;
        push(self, node);
    }
}

void table_add(struct table *self, struct table_node *node)
{
    if (self->count >= self->bucket_count * TABLE_LOAD_MAX)
        grow(self);
    push(self, node);
}

void table_remove(struct table *self, struct table_node *node)
{
    assert(self->count > 0);
    struct table_node **at = chain_of_node(self, node);
    while (*at != node) {
        assert(*at);
        at = &(*at)->next;
    }
    *at = node->next;
    node->next = NULL;
    self->count--;
}

struct table_node *table_take_all(struct table *self)
{
    struct table_node *all = NULL;
    for (size_t i = 0; i < self->bucket_count; i++) {
        while (self->buckets[i]) {
            struct table_node *node = self->buckets[i];
            self->buckets[i] = node->next;
            node->next = all;
            all = node;
        }
    }
    self->count = 0;
    return all;
}
