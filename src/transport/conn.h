/* SPDX-License-Identifier: ISC */
/*
 * What every kind of conn begins with, whatever its gateway; private to transport/. Above, a conn is opaque:
 * conn_reply() and conn_set_owner() of transport.h come here, to conn.c.
 */
#ifndef ROLLCALL_TRANSPORT_CONN_H
#define ROLLCALL_TRANSPORT_CONN_H

#include "transport/transport.h"

struct conn_kind {
    /* conn_reply() for this kind. */
    void (*send_reply)(struct conn *conn, const char *head, size_t head_len, struct blob *body);
    /* conn_begin() and conn_begun(); NULL if the kind cannot. */
    bool (*begin)(struct conn *conn, const char *head, size_t head_len);
    bool (*begun)(const struct conn *conn);
    /* conn_send(); NULL if the kind cannot, which conn_begin() tells. */
    bool (*send)(struct conn *conn, struct blob *part);
};

struct conn {
    const struct conn_kind *kind;                               /* static */
    void (*on_gone)(void *ctx, struct conn *conn, void *owner); /* NULL: nobody is told */
    void *owner;                                                /* borrowed: on_gone's */
};

/* Tells the owner, if there is one, that CONN's client has gone, and forgets it. True if somebody was told. */
bool conn_tell_gone(struct conn *conn, void *ctx);

#endif
