/* SPDX-License-Identifier: ISC */
/*
 * A connection's life, as a small state machine: what happens on it enters fcgi_conn_event(), which asks input ("what
 * came of reading?") and output ("how much was sent?") and decides here what is next. Answers enter by conn_reply().
 *
 *            accepted              kept, next request begins
 *               |        +--------------------------------------+
 *               v        v                                      |
 *             INPUT --whole--> WAITING --a tick later--> PARKED |
 *               |                 |                         |   |
 *               |                 +------ conn_reply() -----+   |
 *               |                 v                             |
 *               |              OUTPUT (what the socket does not take at once; of a part: STALLED, and back to PARKED)
 *               |                 |                             |
 *               +--> DEAD <-------+------> IDLE, AHEAD ---------+
 *
 * The states, and struct fcgi_conn, are in fcgi_hub.h. Any of these functions may close the connection; it can be
 * looked at until the caller's fcgi_hub_leave().
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_CONN_H
#define ROLLCALL_TRANSPORT_FCGI_CONN_H

#include "transport/fcgi_hub.h"

/*
 * A connection of HUB for FD, which it owns, in FCGI_STATE_INPUT. An fcgi_conn_event() with EPOLLIN must follow: the
 * first look.
 */
struct fcgi_conn *fcgi_conn_new(struct fcgi_hub *hub, int fd);

/* Acts on EVENTS of epoll. EPOLLIN may be said on suspicion. */
void fcgi_conn_event(struct fcgi_conn *self, uint32_t events);

/* True in FCGI_STATE_INPUT, _OUTPUT and _STALLED if its time is over at NOW_MS. */
bool fcgi_conn_is_late(const struct fcgi_conn *self, int64_t now_ms);

#endif
