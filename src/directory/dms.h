/* SPDX-License-Identifier: ISC */
/*
 * Direct-message conversations (DMs): who is in which. A 1:1 is between two users and exists once; others are groups.
 */
#ifndef ROLLCALL_DIRECTORY_DMS_H
#define ROLLCALL_DIRECTORY_DMS_H

#include "directory/directory.h"
#include "directory/members.h"

/* Valid during the callback that gets it. */
struct dm_row {
    int64_t id;
    const char *name; /* NULL: none */
    bool group;       /* false: a 1:1 */
    int64_t created_ms;
    const struct member_row *participants; /* in order of user ids */
    size_t participant_count;
};

/* User ids. Borrowed for the call. */
struct user_list {
    const char *const *ids;
    size_t count;
};

/* What a DM is to be. Borrowed for the call. */
struct dm_opening {
    struct user_list users; /* distinct; the first one opens it */
    const char *name;       /* NULL: none */
    const char *key;        /* the client's own for this request: 1 to LIMIT_OPENING_KEY_BYTES of ASCII; NULL: none */
};

/*
 * Opens a DM in WORKSPACE; ID gets its id. Two users without a name are a 1:1: OK if it exists. OK too if the opener's
 * key opened it before, in whichever process, or OTHER if that was another request. INVALID: a user is not a member;
 * INVALID_USER (may be NULL) tells which. LIMIT: the opener has opened as many as allowed, or too many groups lately
 * with INVALID_USER (the count of users if no single user is the reason).
 */
enum directory_result directory_open_dm(struct directory *self, const char *workspace, const struct dm_opening *opening,
                                        int64_t *id, size_t *invalid_user);

/*
 * Makes the group DM of that ID, chosen by an administrator, what OPENING says (its key is ignored): creates it, or
 * replaces its name and participants. INVALID_USER as above.
 */
enum directory_result directory_put_dm(struct directory *self, const char *workspace, int64_t id,
                                       const struct dm_opening *opening, size_t *invalid_user);

/* Removes a DM. */
enum directory_result directory_delete_dm(struct directory *self, const char *workspace, int64_t id);

/* Calls FN with a DM, or returns NOT_FOUND. */
enum directory_result directory_get_dm(struct directory *self, const char *workspace, int64_t id,
                                       void (*fn)(void *ctx, const struct dm_row *row), void *ctx);

/* Whether USER takes part in a DM: OK, or NOT_FOUND, also if there is no such DM. */
enum directory_result directory_is_in_dm(struct directory *self, const char *workspace, int64_t id, const char *user);

/* Calls FN with everyone in WORKSPACE who is in a DM with one of USERS, these included, each once. */
enum directory_result directory_each_partner(struct directory *self, const char *workspace,
                                             const struct user_list *users, void (*fn)(void *ctx, const char *partner),
                                             void *ctx);

/* Some DMs of a workspace. */
struct dm_range {
    const char *workspace;
    const char *user; /* only DMs with this participant; NULL: all */
    int64_t after;    /* only ids above this one; 0: from the first */
};

/*
 * Calls FN with each DM of RANGE, in order of id, until FN returns false, which means that it did not take that one and
 * wants no more. One query, which reads no further than that.
 */
enum directory_result directory_each_dm(struct directory *self, const struct dm_range *range,
                                        bool (*fn)(void *ctx, const struct dm_row *row), void *ctx);

#endif
