/* SPDX-License-Identifier: ISC */
/*
 * Reads the settings of a body: how much others are told of a user, or of all in a workspace. If one breaks its rule,
 * the function replies 400 with a sentence about it, which frees the exchange, and returns false.
 */
#ifndef ROLLCALL_API_SHARED_SETTINGS_BODY_H
#define ROLLCALL_API_SHARED_SETTINGS_BODY_H

#include "directory/policy.h"
#include "http/exchange.h"
#include "http/json.h"

#include <stdbool.h>

/* "last_seen" of JSON. IS_SAID is false if it is absent. */
bool settings_body_last_seen(struct exchange *exchange, const struct json *json, enum last_seen *out, bool *is_said);

/* The same for "typing". */
bool settings_body_typing(struct exchange *exchange, const struct json *json, bool *out, bool *is_said);

#endif
