/* SPDX-License-Identifier: ISC */
/*
 * Whether a caller may see a workspace: the 403 of strangers and removed members, and the 401 of a poll whose
 * credential was revoked while it waited. A workspace that does not exist is answered in the same words as one that
 * the caller is not in, so that nobody can tell which exist. If the directory cannot be read, a poll keeps its right.
 */
#ifndef ROLLCALL_API_SHARED_MEMBERSHIP_H
#define ROLLCALL_API_SHARED_MEMBERSHIP_H

#include "http/exchange.h"
#include "view/parked.h"

#include <stdbool.h>
#include <stdint.h>

struct directory;

/*
 * True if the caller is a member of the workspace in EXCHANGE's path. Otherwise replies, 403 as a rule, and returns
 * false.
 */
bool membership_ok(struct exchange *exchange);

/*
 * Whether a poll of USER, or of an onlooker, in WORKSPACE may go on: asked again after tokens were revoked or members
 * removed. CREDENTIAL is the id of the token it came with, 0 for a credential that cannot be revoked.
 */
enum poll_right membership_right(struct directory *directory, const char *workspace, const char *user,
                                 int64_t credential);

/* How the loss of a right is answered. Static. */
struct denial {
    enum problem problem;
    const char *detail;
};

/* The answer to RIGHT of USER, which is not POLL_ALLOWED. */
const struct denial *membership_denial(enum poll_right right, const char *user);

#endif
