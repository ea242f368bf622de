/* SPDX-License-Identifier: ISC */
/*
 * Conversations as JSON, for their participants and for administrators: reads the view, then the directory, then
 * replies.
 */
#ifndef ROLLCALL_API_SHARED_DM_PAGE_H
#define ROLLCALL_API_SHARED_DM_PAGE_H

#include "http/exchange.h"

#include <stdbool.h>
#include <stdint.h>

struct dm_reply;

/* Replies with a page (limit=, after=) of the conversations of EXCHANGE's user (NULL: all) in its workspace. */
void dm_page_reply(struct exchange *exchange);

/*
 * Whether a conversation of EXCHANGE's workspace may be written: if Redis is down, and this worker does not know who is
 * there, it could not be shown afterwards. Then replies 503 and returns false. To be asked before anything is written.
 */
bool dm_page_may_write(struct exchange *exchange);

/*
 * Prepares the reply that shows conversation ID of EXCHANGE's workspace alone. Owned by EXCHANGE. dm_page_reply_one()
 * sends it. WRITTEN: this request has changed something, so that the reply must not say the contrary.
 */
struct dm_reply *dm_page_prepare(struct exchange *exchange, int64_t id, bool written);

/*
 * Replies with EXCHANGE's status and the conversation. CTX is the struct dm_reply: this can be notice_send()'s
 * callback.
 */
void dm_page_reply_one(void *ctx);

#endif
