/* SPDX-License-Identifier: ISC */
/* Tokens. Only the SHA-256 of their text is stored. Does not check whether one has expired. */
#ifndef ROLLCALL_DIRECTORY_TOKENS_H
#define ROLLCALL_DIRECTORY_TOKENS_H

#include "directory/directory.h"
#include "directory/scopes.h"

enum { DIRECTORY_HASH_BYTES = 32 };

/* Valid during the callback that gets it. */
struct token_row {
    int64_t id;
    const char *user; /* NULL: an administrator's token, or a program's */
    unsigned scopes;  /* what it may do under /v1/admin: nothing if it is a user's, SCOPES_ALL if an administrator's */
    const char *workspace; /* the only one where it may; NULL: everywhere */
    const char *label;     /* may be empty */
    int64_t created_ms;
    int64_t expires_ms;   /* 0: never */
    int64_t last_used_ms; /* to the hour or so; 0: never */
};

/* A token to be added. Borrowed for the call. */
struct token_grant {
    const unsigned char *hash; /* DIRECTORY_HASH_BYTES */
    const char *user;          /* NULL: an administrator's token, or a program's */
    const char *label;         /* may be NULL */
    int64_t expires_ms;        /* wall clock; 0: never */
    unsigned scopes;           /* of a program's token; 0: of any other */
    const char *workspace;     /* the only one where it may do that; NULL: everywhere */
};

/* Adds a token; ID gets its id, which is never given twice. NOT_FOUND: the workspace does not exist. */
enum directory_result directory_add_token(struct directory *self, const struct token_grant *grant, int64_t *id);

/*
 * Finds the token with this HASH, from memory when asked again. The hot path. Fills only id, user, scopes,
 * workspace and expires_ms of ROW, valid until the next call.
 */
enum directory_result directory_find_token(struct directory *self, const unsigned char *hash, struct token_row *row);

/* Notes that token ID was used, if that was not noted in the last hour. For what directory_only_read() passes on. */
enum directory_result directory_touch_token(struct directory *self, int64_t id);

/* Whether token ID still exists: OK or NOT_FOUND. */
enum directory_result directory_has_token(struct directory *self, int64_t id);

/* Whether token ID still exists and has SCOPE for WORKSPACE: OK or NOT_FOUND. */
enum directory_result directory_token_may(struct directory *self, int64_t id, enum scope scope, const char *workspace);

/* Removes token ID. */
enum directory_result directory_delete_token(struct directory *self, int64_t id);

/* Calls FN with each token whose id is above AFTER, in order of id, at most LIMIT. */
enum directory_result directory_each_token(struct directory *self, int64_t after, size_t limit,
                                           void (*fn)(void *ctx, const struct token_row *row), void *ctx);

#endif
