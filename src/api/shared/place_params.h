/* SPDX-License-Identifier: ISC */
/*
 * Reads and checks what a request says of places. Each function reads one thing. If that breaks its rule, the function
 * replies with a sentence about it, 400 as a rule, which frees the exchange, and returns false.
 */
#ifndef ROLLCALL_API_SHARED_PLACE_PARAMS_H
#define ROLLCALL_API_SHARED_PLACE_PARAMS_H

#include "http/exchange.h"
#include "http/json.h"
#include "presence/presence.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The place in the last segment of the path or, if the path ends with "place", in the query, which can hold any name.
 * One that begins with "dm:" must be a conversation in which the caller takes part: 404 if not, in the same words as
 * for one that does not exist. OUT lives as long as the exchange.
 */
bool place_params_name(struct exchange *exchange, const char **out);

/* "session", "doing", "for" and "n" of JSON, which are borrowed from it, into OUT. */
bool place_params_deed(struct exchange *exchange, const struct json *json, struct place_deed *out);

/* "session", "doing" and "n" of the query. Without "doing", that of OUT is NULL. */
bool place_params_end(struct exchange *exchange, struct place_deed *out);

/*
 * The places that a stream is to tell of, from the array "places" of JSON, or from the pairs "place" of the query if
 * JSON is NULL; each once. "dm:*" stands for all conversations of the caller. OUT gets an array of COUNT texts. The
 * caller frees both.
 */
bool place_params_watched(struct exchange *exchange, const struct json *json, char ***out, size_t *count);

#endif
