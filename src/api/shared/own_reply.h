/* SPDX-License-Identifier: ISC */
/*
 * Replies with the status of exchange->user in exchange->workspace as they know it themselves: what they have said,
 * how others see them, and what changes next.
 */
#ifndef ROLLCALL_API_SHARED_OWN_REPLY_H
#define ROLLCALL_API_SHARED_OWN_REPLY_H

#include "http/exchange.h"
#include "presence/presence.h"

/* Reads it, and replies 200 with its ETag, or 304. */
void own_reply(struct exchange *exchange);

/* Replies STATUS with it, now that Redis has given REPLY, PRESENCE_OK, about the user. */
void own_reply_with(struct exchange *exchange, int status, const struct presence_reply *reply);

/* Replies 200 with the user's own settings. */
void own_reply_settings(struct exchange *exchange);

#endif
