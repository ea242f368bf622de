/* SPDX-License-Identifier: ISC */
/* Members of workspaces: who they are, how they are named, and whether a user is one, which every request asks. */
#ifndef ROLLCALL_DIRECTORY_MEMBERS_H
#define ROLLCALL_DIRECTORY_MEMBERS_H

#include "directory/directory.h"

/* Valid during the callback that gets it. */
struct member_row {
    const char *user;
    const char *name; /* never empty: the user id if none was given */
    const char *role; /* "member", "admin", "guest" or what the administrator chose; see ids_role_ok() */
};

typedef void member_fn(void *ctx, const struct member_row *row);

/* What a member is to be. Borrowed for the call. */
struct member_edit {
    const char *user;
    const char *name; /* NULL: stays as it is; of a new member, the user id */
    const char *role; /* NULL: stays as it is; of a new member, "member" */
};

/* What changed about a member. */
enum member_change {
    MEMBER_SAME,
    MEMBER_CHANGED, /* is new, or has another role */
    MEMBER_RENAMED, /* has another name, and maybe another role */
};

/* Adds or changes a member of WORKSPACE. CHANGED may be NULL. NOT_FOUND: no such workspace. */
enum directory_result directory_put_member(struct directory *self, const char *workspace,
                                           const struct member_edit *edit, enum member_change *changed);

/* A user, as a JWT names them. Borrowed for the call. */
struct member_claim {
    const char *workspace;
    const char *user;
    const char *name;  /* NULL: stays as it is; of a new member, the user id */
    int64_t issued_ms; /* when the JWT was issued, by the wall clock; 0: it does not say */
};

/*
 * Adds the user of CLAIM to its workspace, or changes their name. A JWT that is older than the last one that did so
 * changes nothing, and neither does a second one within LIMIT_RENAME_SECONDS. NOT_FOUND: no such workspace.
 */
enum directory_result directory_admit_member(struct directory *self, const struct member_claim *claim,
                                             enum member_change *changed);

/*
 * Removes the member, from the workspace's DMs too; a 1:1 DM is deleted with its participant. FN (may be NULL) gets
 * those who were in a DM with them, as from directory_each_partner().
 */
enum directory_result directory_delete_member(struct directory *self, const char *workspace, const char *user,
                                              void (*fn)(void *ctx, const char *partner), void *ctx);

/* Calls FN with the member, or returns NOT_FOUND. */
enum directory_result directory_get_member(struct directory *self, const char *workspace, const char *user,
                                           member_fn *fn, void *ctx);

/* Whether USER is a member: OK or NOT_FOUND, from memory when asked again. The hot path. */
enum directory_result directory_is_member(struct directory *self, const char *workspace, const char *user);

/*
 * The same from the database itself: right at once after a removal by another program, of which memory may not know
 * yet.
 */
enum directory_result directory_has_member(struct directory *self, const char *workspace, const char *user);

/* Some members of a workspace. */
struct member_range {
    const char *workspace;
    const char *after; /* only user ids above this one, bytewise; NULL: from the first */
    size_t limit;      /* at most so many */
};

/* Calls FN with each member of RANGE, in bytewise order of user ids. */
enum directory_result directory_each_member(struct directory *self, const struct member_range *range, member_fn *fn,
                                            void *ctx);

#endif
