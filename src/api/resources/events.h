/* SPDX-License-Identifier: ISC */
/*
 * A stream as Server-Sent Events (HTML Standard, 9.2), for requests that accept text/event-stream: what polls are
 * answered one by one, as events of one answer.
 *
 *     : ok              at once
 *     event: changes    the body of a poll's answer; its id is the cursor
 *     event: ping       nothing was told for a while
 *     event: beat       time for a heartbeat: a stream is not a lease
 *     event: end        why it ends, and when to come back
 *
 * Nothing is queued. A stream holds its cursor, and what its socket did not take of one event. When that is through, it
 * is told what has changed since, so a slow reader gets fewer and larger events.
 */
#ifndef ROLLCALL_API_RESOURCES_EVENTS_H
#define ROLLCALL_API_RESOURCES_EVENTS_H

#include "api/resources/stream_request.h"
#include "view/parked.h"

struct conn;
struct events_last;
struct service;

/* How the stream that REQUEST asks for is parked, its first page starting as START says. */
struct stream_spec events_spec(const struct stream_request *request, enum view_start start);

/* Sends STREAM what it is told. For struct parked_calls; CTX is the service. */
struct tell_result events_tell(void *ctx, const struct woken *stream, enum tell what);

/* Ends STREAM with an event that says WHY. */
void events_end(const struct service *service, const struct woken *stream, enum wake why);

/* The stream OWNER takes more. For struct transport_handler; CTX is the service. */
void events_on_sent(void *ctx, struct conn *conn, void *owner);

/* Frees what LAST holds. */
void events_last_fini(struct events_last *last);

#endif
