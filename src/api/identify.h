/* SPDX-License-Identifier: ISC */
/*
 * Identifies the caller. Replies 401 without a valid credential, 429 to an address that sends too many such requests,
 * and 403 if only an administrator may do it. membership.h checks whether the caller is a member.
 */
#ifndef ROLLCALL_API_IDENTIFY_H
#define ROLLCALL_API_IDENTIFY_H

#include "api/routes.h"
#include "http/exchange.h"

#include <stdbool.h>

/*
 * Sets EXCHANGE's caller, if ROW needs one. If nobody can be identified, or the caller may not use ROW, replies and
 * returns false.
 */
bool identify(struct exchange *exchange, const struct route_row *row);

#endif
