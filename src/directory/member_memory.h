/* SPDX-License-Identifier: ISC */
/*
 * Memberships that were found to exist, in workspaces or in conversations, true at one revision of the database.
 * Bounded: when MEMBER_MEMORY_MAX are known, all are forgotten. A user who is not a member is never remembered, so
 * that a new member is let in at once. Pure.
 */
#ifndef ROLLCALL_DIRECTORY_MEMBER_MEMORY_H
#define ROLLCALL_DIRECTORY_MEMBER_MEMORY_H

#include "base/ids.h"
#include "base/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MEMBER_MEMORY_MAX = 100000, /* some 5 MB */
    MEMBER_DM_MAX = 20,         /* digits of a conversation's id, and its sign */
};

struct member_memory {
    struct table entries; /* owned */
    int64_t revision;     /* at which they were true */
};

/* Makes an empty one. */
void member_memory_init(struct member_memory *self);

/*
 * A workspace, a user and perhaps a conversation, as they are looked up. None of them holds a NUL, so no key imitates
 * another.
 */
struct member_key {
    size_t len;
    /* workspace, NUL, user[, NUL, conversation], NUL */
    char text[IDS_WORKSPACE_MAX + 1 + IDS_USER_MAX + 1 + MEMBER_DM_MAX + 1];
};

/* Makes the key of WORKSPACE and USER; false if either is longer than an id can be. */
bool member_key_make(struct member_key *self, const char *workspace, const char *user);

/* Makes SELF, the key of a workspace and a user, that of the user in conversation ID. */
void member_key_add_dm(struct member_key *self, int64_t id);

/* What every use begins with: forgets all if REVISION is another than before. */
void member_memory_at(struct member_memory *self, int64_t revision);

/* Whether the membership is known. */
bool member_memory_has(const struct member_memory *self, const struct member_key *key);

/* Remembers a membership that is not known. */
void member_memory_add(struct member_memory *self, const struct member_key *key);

/* How many are known. */
size_t member_memory_count(const struct member_memory *self);

/* Forgets all, and frees their memory. */
void member_memory_forget(struct member_memory *self);

#endif
