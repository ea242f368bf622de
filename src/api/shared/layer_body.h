/* SPDX-License-Identifier: ISC */
/*
 * Reads what a body says by hand of a user: the members of a layer, each by its rule. If one breaks its rule, the
 * function replies 400 with a sentence about it, which frees the exchange, and returns false. Knows nothing of what is
 * said already, and nothing of policies.
 */
#ifndef ROLLCALL_API_SHARED_LAYER_BODY_H
#define ROLLCALL_API_SHARED_LAYER_BODY_H

#include "directory/layer.h"
#include "http/exchange.h"
#include "http/json.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The user's own: "show", "dnd", "text", "emoji", and "for" or "until", counted from NOW_MS, Redis's time. Temporary if
 * it has an end, base if not. Texts are borrowed from JSON.
 */
bool layer_body_own(struct exchange *exchange, const struct json *json, int64_t now_ms, struct layer *out);

/* A claim called NAME: the same, "priority" and "present"; it must have an end. */
bool layer_body_claim(struct exchange *exchange, const struct json *json, const char *name, int64_t now_ms,
                      struct layer *out);

#endif
