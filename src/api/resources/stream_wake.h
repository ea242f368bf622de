/* SPDX-License-Identifier: ISC */
/* The replies to parked polls: when they are woken, and what follows when their client goes away. */
#ifndef ROLLCALL_API_RESOURCES_STREAM_WAKE_H
#define ROLLCALL_API_RESOURCES_STREAM_WAKE_H

#include "view/parked.h"

struct conn;

/* Replies to the poll WOKEN. For parked_new(); CTX is the service. */
void stream_wake(void *ctx, const struct woken *woken, enum wake why);

/*
 * The client of the parked poll OWNER went away: its session ends after the grace. For conn_set_owner(); CTX is the
 * service.
 */
void stream_on_gone(void *ctx, struct conn *conn, void *owner);

#endif
