/* SPDX-License-Identifier: ISC */
/*
 * Who is asking: the 401 of those without a valid credential, the 429 of addresses that send too many such requests,
 * and the 403 of those who are not administrators. Whether the caller is a member is membership.h's.
 */
#ifndef ROLLCALL_API_IDENTIFY_H
#define ROLLCALL_API_IDENTIFY_H

#include "api/routes.h"
#include "http/exchange.h"

#include <stdbool.h>

/* Sets EXCHANGE's caller, if ROW needs one. Replies and returns false if there is none, or not one who may use ROW. */
bool identify(struct exchange *exchange, const struct route_row *row);

#endif
