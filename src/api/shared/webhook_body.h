/* SPDX-License-Identifier: ISC */
/*
 * Reads what a request says of a webhook. If that breaks a rule, the function replies 400 with a sentence about it,
 * which frees the exchange, and returns false.
 */
#ifndef ROLLCALL_API_SHARED_WEBHOOK_BODY_H
#define ROLLCALL_API_SHARED_WEBHOOK_BODY_H

#include "directory/webhooks.h"
#include "http/exchange.h"
#include "http/json.h"

/* The id in the path, which lives as long as the exchange. */
bool webhook_path_id(struct exchange *exchange, const char **out);

/*
 * True if RESULT, of a call about the webhook in the path, is OK or CREATED. Otherwise replies with the matching
 * problem.
 */
bool webhook_ok(struct exchange *exchange, enum directory_result result);

/* Sets OUT but for its id, secrets and times. Its texts are borrowed from JSON. */
bool webhook_body_read(struct exchange *exchange, const struct json *json, struct webhook *out);

/* Writes the names of EVENTS, separated by spaces, into TEXT. */
enum { WEBHOOK_EVENTS_TEXT = 32 };
void webhook_events_format(unsigned events, char text[WEBHOOK_EVENTS_TEXT]);

#endif
