/* SPDX-License-Identifier: ISC */
/* Users who become members because their credential says so (jwt.provision). */
#ifndef ROLLCALL_API_ADMIT_H
#define ROLLCALL_API_ADMIT_H

#include "api/shared/routes.h"
#include "http/exchange.h"

#include <stdbool.h>

/*
 * Makes the caller, who has claims, a member of the workspace that ROW is about, if they name it and it exists; for what is
 * about no workspace, of each that they name. A member's display name becomes the claimed one when they join. False, having
 * replied, where one who is no member yet cannot be written down.
 */
bool admit(struct exchange *exchange, const struct route_row *row);

#endif
