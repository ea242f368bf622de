/* SPDX-License-Identifier: ISC */
/*
 * See token_memory.h. The time of a lookup says nothing about a token, since nobody can choose the hash of a guess;
 * candidates are compared in constant time all the same.
 */
#include "directory/token_memory.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int hashes_differ(const void *a, const void *b)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < DIRECTORY_HASH_BYTES; i++)
        difference |= (unsigned char)(left[i] ^ right[i]);
    return difference != 0;
}

/* The key is a hash already. */
#define HASH_KEYCMP(a, b, len)       hashes_differ(a, b)
#define HASH_FUNCTION(key, len, out) memcpy(&(out), key, sizeof(out))
#include <uthash.h>

struct token_entry {
    UT_hash_handle hh;
    unsigned char hash[DIRECTORY_HASH_BYTES];
    struct known_token token;
    char text[]; /* the user's or the workspace's id: no token has both */
};

void token_memory_at(struct token_memory *self, int64_t revision)
{
    if (self->revision != revision)
        token_memory_forget(self);
    self->revision = revision;
}

/* NOLINTNEXTLINE(readability-function-size): it is uthash's macro that is long */
struct known_token *token_memory_find(const struct token_memory *self, const unsigned char *hash)
{
    struct token_entry *entry;
    HASH_FIND(hh, self->entries, hash, DIRECTORY_HASH_BYTES, entry);
    return entry ? &entry->token : NULL;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
struct known_token *token_memory_add(struct token_memory *self, const unsigned char *hash, const struct token_row *row)
{
    if (HASH_COUNT(self->entries) >= TOKEN_MEMORY_MAX)
        token_memory_forget(self);
    const char *text = row->user ? row->user : row->workspace;
    size_t len = text ? strlen(text) : 0;
    struct token_entry *entry = mem_new(sizeof *entry + len + 1);
    memcpy(entry->hash, hash, DIRECTORY_HASH_BYTES);
    if (text)
        memcpy(entry->text, text, len);
    entry->token = (struct known_token){
        .id = row->id,
        .user = row->user ? entry->text : NULL,
        .workspace = !row->user && row->workspace ? entry->text : NULL,
        .scopes = row->scopes,
        .expires_ms = row->expires_ms,
    };
    HASH_ADD(hh, self->entries, hash, DIRECTORY_HASH_BYTES, entry);
    return &entry->token;
}

size_t token_memory_count(const struct token_memory *self)
{
    return HASH_COUNT(self->entries);
}

void token_memory_forget(struct token_memory *self)
{
    struct token_entry *entry = self->entries;
    HASH_CLEAR(hh, self->entries);
    while (entry) {
        struct token_entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
}
