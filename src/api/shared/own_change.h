/* SPDX-License-Identifier: ISC */
/*
 * Changes what is said by hand of exchange->user in exchange->workspace: in the directory, then in Redis. A change is
 * told to others before the reply, or it did not happen: if Redis refuses it, the directory is as before (503).
 *
 * Each function replies. The caller of the request is the user or an administrator: for the latter there is an audit
 * line, and no account.
 */
#ifndef ROLLCALL_API_SHARED_OWN_CHANGE_H
#define ROLLCALL_API_SHARED_OWN_CHANGE_H

#include "http/exchange.h"
#include "http/json.h"

#include <stdbool.h>

/* Says what JSON says. 200 with the status as own_reply() has it. */
void own_change_put(struct exchange *exchange, const struct json *json);

/* Ends the temporary layer or else the base, or ALL. 204. */
void own_change_clear(struct exchange *exchange, bool all);

/* Sets or renews the claim NAME (of LEN bytes). 200 or 201 with the status. */
void own_change_put_claim(struct exchange *exchange, const char *name, size_t len, const struct json *json);

/* Ends the claim NAME. 204. */
void own_change_end_claim(struct exchange *exchange, const char *name, size_t len);

/* The user's own settings of JSON. 200 with the settings. */
void own_change_settings(struct exchange *exchange, const struct json *json);

#endif
