/* SPDX-License-Identifier: ISC */
/*
 * The result of asking who sent a request: how it went, who the caller is, and what their credential says of them.
 * Types only.
 */
#ifndef ROLLCALL_AUTH_CALLER_H
#define ROLLCALL_AUTH_CALLER_H

#include "base/ids.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum auth_result {
    AUTH_OK,
    AUTH_NONE,        /* no credential at all */
    AUTH_INVALID,     /* a credential that is unknown, revoked, badly signed, or malformed */
    AUTH_EXPIRED,     /* one that was good once */
    AUTH_UNVERIFIED,  /* one that is not known yet, and the caller asked for known ones only */
    AUTH_UNAVAILABLE, /* the directory cannot be read: 503 */
};

/* What a credential says of its user besides the id: the workspaces they belong to, and their name. */
struct claims {
    int64_t issued_ms;               /* wall clock; 0 if the credential does not say */
    char name[LIMIT_NAME_BYTES + 1]; /* "" if it has none */
    size_t count;
    char workspaces[LIMIT_CLAIMED_WORKSPACES][IDS_WORKSPACE_MAX + 1]; /* last: a copy ends after COUNT of them */
};

struct caller {
    char user[IDS_USER_MAX + 1]; /* "" for an administrator or a program */
    bool admin;                  /* an administrator, or a program that may do some of what they may: not a user */
    unsigned scopes;             /* which of it: bits of enum scope (directory/scopes.h) */
    char workspace[IDS_WORKSPACE_MAX + 1]; /* the only one where they may do that; "": everywhere */
    int64_t credential;                    /* token id; 0 if it cannot be revoked */
    int64_t expires_ms;                    /* wall clock; 0: never */
    const struct claims *claims; /* borrowed until the next auth_identify(); NULL if it admits nobody anywhere */
};

#endif
