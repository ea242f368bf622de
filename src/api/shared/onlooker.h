/* SPDX-License-Identifier: ISC */
/*
 * A program that reads a workspace without being anybody: an administrator's token, or one with the scope "read". It
 * is told what members are told of each other, has no session, takes part in no conversation and says nothing by hand.
 * Where a reader needs a name, its token has one that no user can have. So its polls count together.
 */
#ifndef ROLLCALL_API_SHARED_ONLOOKER_H
#define ROLLCALL_API_SHARED_ONLOOKER_H

#include "view/parked.h"

#include <stdbool.h>
#include <stdint.h>

struct directory;
struct exchange;

/* Whether USER is the name of an onlooker. */
bool onlooker_is(const char *user);

/*
 * Makes the caller of EXCHANGE, who may read, an onlooker of the workspace in segment 3 of the path. If that does not
 * exist, replies 404 and returns false.
 */
bool onlooker_ok(struct exchange *exchange);

/* Whether the poll of an onlooker of WORKSPACE, whose token is CREDENTIAL, may go on. */
enum poll_right onlooker_right(struct directory *directory, const char *workspace, int64_t credential);

#endif
