/* SPDX-License-Identifier: ISC */
/* Users who become members because their JWT says so (jwt.provision). */
#ifndef ROLLCALL_API_ADMIT_H
#define ROLLCALL_API_ADMIT_H

#include "api/routes.h"
#include "http/exchange.h"

#include <stdbool.h>

/* Goes on with a request whose caller was made a member. */
typedef void admitted_fn(struct exchange *exchange, const struct route_row *row);

/*
 * Makes the caller, whose claims are known, a member of the workspaces that they name and that exist: of the
 * workspace in the path if ROW is about one, otherwise of all. When a member joins, their display name becomes the
 * claimed one. True if nothing has to be stored for that. Otherwise AGAIN is called when it is stored, before this
 * returns or, if there is a record, later, with the request held until then; or replies, if a new member cannot be
 * stored.
 */
bool admit(struct exchange *exchange, const struct route_row *row, admitted_fn *again);

#endif
