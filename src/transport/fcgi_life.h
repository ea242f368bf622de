/* SPDX-License-Identifier: ISC */
/*
 * What can become of a connection, whatever brought it about: it is watched, waits for its next request, loses its
 * client, or closes. fcgi_conn.c and fcgi_reply.c decide when. Any of these functions may close the connection; it can
 * be looked at until the caller's fcgi_hub_leave().
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_LIFE_H
#define ROLLCALL_TRANSPORT_FCGI_LIFE_H

#include "transport/fcgi_hub.h"

/* Frees what its state, which ends, has held. */
void fcgi_life_drop_work(struct fcgi_conn *self);

/* Closes it whatever it does, and frees it as soon as possible. Nobody is told. */
void fcgi_life_close(struct fcgi_conn *self);

/* Watches it for WATCH. If the system refuses, it is closed, unless all it needs is an answer. */
void fcgi_life_watch(struct fcgi_conn *self, enum fcgi_watch watch);

/* Its request has been answered, or needs no answer: waits for the next one, or closes. */
void fcgi_life_next(struct fcgi_conn *self);

/* Its request was not answered at once, as that of a parked poll: from now on its client is watched. */
void fcgi_life_park(struct fcgi_conn *self);

/*
 * The client of a request that was handed up has gone: its owner is told. ABORTED: its gateway says so and may keep the
 * connection.
 */
void fcgi_life_gone(struct fcgi_conn *self, bool aborted);

/*
 * The same if the owner cannot be told now, from inside a call of theirs, or is not known yet: the next tick tells
 * them.
 */
void fcgi_life_go_later(struct fcgi_conn *self);

/* In FCGI_STATE_GONE: tells an owner that was set when the client had gone already, and closes. */
void fcgi_life_tell_gone(struct fcgi_conn *self);

#endif
