/* SPDX-License-Identifier: ISC */
/*
 * See jwt_memory.h. Two generations: an entry that is asked for moves to the young one. When that is full, it becomes
 * the old one, and the old one, which nobody asked for meanwhile, is forgotten.
 */
#include "auth/jwt_memory.h"

#include "auth/sha256.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The key is a hash already. */
#define HASH_FUNCTION(key, len, out) memcpy(&(out), key, sizeof(out))
#include <uthash.h>

struct entry {
    UT_hash_handle hh;
    unsigned char hash[SHA256_BYTES];
    struct jwt_facts facts;
    struct claims *claims; /* owned: those of FACTS, or NULL */
    size_t bytes;
};

struct generation {
    struct entry *entries; /* owned hash */
    size_t bytes;
};

struct jwt_memory {
    struct generation young;
    struct generation old;
};

struct jwt_memory *jwt_memory_new(void)
{
    return mem_new(sizeof(struct jwt_memory));
}

static void generation_free(struct generation *self)
{
    struct entry *entry = self->entries;
    HASH_CLEAR(hh, self->entries);
    while (entry) {
        struct entry *next = entry->hh.next;
        free(entry->claims);
        free(entry);
        entry = next;
    }
    self->bytes = 0;
}

void jwt_memory_free(struct jwt_memory *self)
{
    if (!self)
        return;
    generation_free(&self->young);
    generation_free(&self->old);
    free(self);
}

/* NOLINTNEXTLINE(readability-function-size): it is uthash's macro that is long */
static struct entry *find(const struct generation *self, const unsigned char *hash)
{
    struct entry *entry;
    HASH_FIND(hh, self->entries, hash, SHA256_BYTES, entry);
    return entry;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void put(struct jwt_memory *self, struct entry *entry)
{
    if (self->young.bytes + entry->bytes > LIMIT_JWT_MEMORY_BYTES / 2) {
        generation_free(&self->old);
        self->old = self->young;
        self->young = (struct generation){.entries = NULL};
    }
    HASH_ADD(hh, self->young.entries, hash, SHA256_BYTES, entry);
    self->young.bytes += entry->bytes;
}

const struct jwt_facts *jwt_memory_find(struct jwt_memory *self, const unsigned char *hash)
{
    struct entry *entry = find(&self->young, hash);
    if (entry)
        return &entry->facts;
    entry = find(&self->old, hash);
    if (!entry)
        return NULL;
    HASH_DEL(self->old.entries, entry);
    self->old.bytes -= entry->bytes;
    put(self, entry);
    return &entry->facts;
}

const struct jwt_facts *jwt_memory_add(struct jwt_memory *self, const unsigned char *hash,
                                       const struct jwt_facts *facts)
{
    struct entry *entry = mem_new(sizeof *entry);
    memcpy(entry->hash, hash, SHA256_BYTES);
    entry->facts = *facts;
    size_t claims_bytes = 0;
    if (facts->claims) {
        claims_bytes = offsetof(struct claims, workspaces) + facts->claims->count * sizeof *facts->claims->workspaces;
        entry->claims = mem_new(claims_bytes);
        memcpy(entry->claims, facts->claims, claims_bytes);
        entry->facts.claims = entry->claims;
    }
    entry->bytes = sizeof *entry + claims_bytes;
    put(self, entry);
    return &entry->facts;
}
