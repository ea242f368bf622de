/* SPDX-License-Identifier: ISC */
/* Parked polls as the API knows them: how they are answered when they are woken, and what is done when their client goes. */
#ifndef ROLLCALL_API_STREAM_H
#define ROLLCALL_API_STREAM_H

#include "view/parked.h"

struct conn;
struct service;

/* What the set of parked polls is made with; CTX is the service. */
void stream_wake(void *ctx, const struct woken *woken, enum wake why);

/* What is said to a poll whose credential has gone. */
extern const char stream_revoked[];

/* What a parked poll's conn is told by: CTX is the service, OWNER the poll. */
void stream_on_gone(void *ctx, struct conn *conn, void *owner);

/* Something became due, or will be at another time than before: the worker looks when. */
void stream_on_due(struct service *service);

#endif
