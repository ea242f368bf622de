/* SPDX-License-Identifier: ISC */
/* A user's sessions as rows of a listing, for administrators. */
#ifndef ROLLCALL_API_SHARED_SESSION_ROWS_H
#define ROLLCALL_API_SHARED_SESSION_ROWS_H

#include "api/shared/listing.h"
#include "presence/presence.h"

#include <stdbool.h>

/* Adds ROW, a session of USER, to LISTING, and a sentence about how long it lasts. */
void session_rows_add(struct listing *listing, const char *user, const struct session_row *row);

/* Whether the session has not been ended for good. */
bool session_rows_live(const struct session_row *row);

#endif
