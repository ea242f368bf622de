/* SPDX-License-Identifier: ISC */
/*
 * How an answer goes out on a connection: whole, or begun and sent in parts. What its socket does not take is kept and
 * sent when it can be, for LIMIT_OUTPUT_SECONDS. Any of these functions may close the connection; it can be looked at
 * until the caller's fcgi_hub_leave().
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_REPLY_H
#define ROLLCALL_TRANSPORT_FCGI_REPLY_H

#include "transport/fcgi_hub.h"

/* conn_reply() and its like for FastCGI. */
extern const struct conn_kind fcgi_reply_kind;

/* In FCGI_STATE_OUTPUT: the socket takes more. */
void fcgi_reply_writable(struct fcgi_conn *self);

/* EVENTS of epoll in FCGI_STATE_STALLED. */
void fcgi_reply_stalled_event(struct fcgi_conn *self, uint32_t events);

/*
 * Its time is over: tries once more, since a socket takes something some time before it says so. If it takes nothing,
 * returns false.
 */
bool fcgi_reply_goes_on(struct fcgi_conn *self);

/* Closes it. If an answer in parts is still owed, its owner is told that the client has gone. */
void fcgi_reply_give_up(struct fcgi_conn *self);

/* Sends a space, with which JSON may begin, if the head of its answer has been sent and no parts of it follow. */
void fcgi_reply_probe(struct fcgi_conn *self);

#endif
