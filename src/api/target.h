/* SPDX-License-Identifier: ISC */
/*
 * What a request asks for, read from what the web server passes: the path below the mount and the query. Everything
 * that is wrong with them is refused here, before or after the resource is known.
 */
#ifndef ROLLCALL_API_TARGET_H
#define ROLLCALL_API_TARGET_H

#include "api/routes.h"
#include "http/exchange.h"

#include <stdbool.h>

/* Fills EXCHANGE's path and query. If they are too long or malformed, replies 400 or 414 and returns false. */
bool target_parse(struct exchange *exchange);

/* True if a segment of the path is empty, as in "workspaces/": no resource has that. */
bool target_has_gap(const struct exchange *exchange);

/* Replies 404: the path is not a resource. */
void target_refuse_unknown(struct exchange *exchange);

/*
 * True, having replied 400, if ROW is for administrators and the path is only the web server's account of it. That
 * may be rewritten: good enough for a member, but an administrator might remove the wrong member.
 */
bool target_refuse_second_hand(struct exchange *exchange, const struct route_row *row);

/*
 * True, having replied 400, if the query has a name that ROW does not take, or a name twice. "_" is ignored: some
 * libraries add it to bypass caches.
 */
bool target_refuse_query(struct exchange *exchange, const struct route_row *row);

#endif
