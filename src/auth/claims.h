/* SPDX-License-Identifier: ISC */
/* Reads what a JWT says of the workspaces and the name of its user. Pure; does not verify anything. */
#ifndef ROLLCALL_AUTH_CLAIMS_H
#define ROLLCALL_AUTH_CLAIMS_H

#include "auth/caller.h"

/*
 * Fills SELF from WORKSPACES, compact JSON as libjwt gives it (NULL: none), and NAME (NULL: none; a name that cannot be
 * shown counts as none). False if WORKSPACES is not an array of at most LIMIT_CLAIMED_WORKSPACES ids.
 */
bool claims_read(struct claims *self, const char *workspaces, const char *name);

#endif
