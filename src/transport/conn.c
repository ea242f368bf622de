/* SPDX-License-Identifier: ISC */
/* See conn.h and transport.h. */
#include "transport/conn.h"

#include <assert.h>

void conn_set_owner(struct conn *conn, void (*on_gone)(void *ctx, struct conn *conn, void *owner), void *owner)
{
    conn->on_gone = on_gone;
    conn->owner = owner;
}

void conn_reply(struct conn *conn, const char *head, size_t head_len, struct blob *body)
{
    assert(conn);
    conn->kind->send_reply(conn, head, head_len, body);
}

bool conn_begin(struct conn *conn, const char *head, size_t head_len)
{
    return conn->kind->begin && conn->kind->begin(conn, head, head_len);
}

bool conn_begun(const struct conn *conn)
{
    return conn->kind->begun && conn->kind->begun(conn);
}

bool conn_takes_parts(const struct conn *conn)
{
    return conn->kind->send;
}

bool conn_send(struct conn *conn, struct blob *part)
{
    assert(conn_begun(conn));
    return conn->kind->send(conn, part);
}

bool conn_tell_gone(struct conn *conn, void *ctx)
{
    void (*on_gone)(void *, struct conn *, void *) = conn->on_gone;
    void *owner = conn->owner;

    conn_set_owner(conn, NULL, NULL);
    if (!on_gone)
        return false;
    on_gone(ctx, conn, owner);
    return true;
}
