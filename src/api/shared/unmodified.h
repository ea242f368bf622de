/* SPDX-License-Identifier: ISC */
/* The 304 of answers that are the same for everyone while the view does not change: their ETag is its head. */
#ifndef ROLLCALL_API_SHARED_UNMODIFIED_H
#define ROLLCALL_API_SHARED_UNMODIFIED_H

#include "http/exchange.h"
#include "view/cursor.h"

#include <stdbool.h>

struct view;

enum { UNMODIFIED_HEADER_MAX = CURSOR_TEXT_MAX + 16 };

/*
 * Writes the header of VIEW's ETag into HEADER, which has UNMODIFIED_HEADER_MAX bytes. If IF_NONE_MATCH (may be NULL)
 * has that tag, replies 304 and returns true.
 */
bool unmodified_reply(struct exchange *exchange, const struct view *view, const char *if_none_match, char *header);

#endif
