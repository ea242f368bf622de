/* SPDX-License-Identifier: ISC */
/*
 * Tokens that were found, true at one revision of the database. Bounded: when TOKEN_MEMORY_MAX are known, all are
 * forgotten. An unknown token is never remembered. Pure.
 */
#ifndef ROLLCALL_DIRECTORY_TOKEN_MEMORY_H
#define ROLLCALL_DIRECTORY_TOKEN_MEMORY_H

#include "directory/tokens.h"

enum { TOKEN_MEMORY_MAX = 100000 }; /* some 13 MB */

/* Zeroed, it is empty. */
struct token_memory {
    struct token_entry *entries; /* owned hash */
    int64_t revision;            /* at which they were true */
};

/* Only what every request needs of a token. */
struct known_token {
    int64_t id;
    const char *user;      /* owned by the memory, as the next text; NULL: an administrator's or a program's */
    const char *workspace; /* NULL: everywhere */
    unsigned scopes;
    int64_t expires_ms;
    int64_t touch_ms; /* monotonic: when its last use is noted next; 0 at first. The caller's to change. */
};

/* What every use begins with: forgets all if REVISION is another than before. */
void token_memory_at(struct token_memory *self, int64_t revision);

/* The token with this HASH (DIRECTORY_HASH_BYTES), or NULL. Valid until the next call of another function. */
struct known_token *token_memory_find(const struct token_memory *self, const unsigned char *hash);

/* Remembers a copy of ROW, which is not known, for HASH. Returns the copy, valid as above. */
struct known_token *token_memory_add(struct token_memory *self, const unsigned char *hash, const struct token_row *row);

/* How many are known. */
size_t token_memory_count(const struct token_memory *self);

/* Forgets all, and frees their memory. */
void token_memory_forget(struct token_memory *self);

#endif
