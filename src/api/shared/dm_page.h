/* SPDX-License-Identifier: ISC */
/* Conversations as answers show them, to their participants and to administrators. */
#ifndef ROLLCALL_API_DM_PAGE_H
#define ROLLCALL_API_DM_PAGE_H

#include "http/exchange.h"

struct view;

/* Replies with a page (limit=, after=) of USER's conversations in exchange->workspace; USER NULL: of all. */
void dm_page_reply(struct exchange *exchange, struct view *view, const char *user);

/* Replies with STATUS and the one conversation ID. */
void dm_page_reply_one(struct exchange *exchange, struct view *view, int64_t id, int status);

#endif
