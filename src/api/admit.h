/* SPDX-License-Identifier: ISC */
/* Users who become members because their JWT says so (jwt.provision). */
#ifndef ROLLCALL_API_ADMIT_H
#define ROLLCALL_API_ADMIT_H

#include "api/routes.h"
#include "http/exchange.h"

#include <stdbool.h>

/*
 * Makes the caller, whose claims are known, a member of the workspaces that they name and that exist: of the
 * workspace in the path if ROW is about one, otherwise of all. When a member joins, their display name becomes the
 * claimed one. If the directory cannot store a new member, replies and returns false.
 */
bool admit(struct exchange *exchange, const struct route_row *row);

#endif
