/* SPDX-License-Identifier: ISC */
/*
 * Answers that begin before their end is known, and a space now and then: lighttpd, Apache and Caddy notice that a client
 * has gone only when they write to it. Off unless configured, for each probe is a packet to each client.
 */
#include "transport/fcgi_private.h"

#include "base/log.h"

#include <event2/event.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAD_MAX = 4096, PORTIONS = 10 };

/* Sends a STDOUT record. False where nothing of it was taken; half a record ends the connection, of which its owner will hear. */
static bool send_record(const struct fcgi_conn *conn, const char *content, size_t len)
{
    unsigned char record[FCGI_HEADER_LEN + HEAD_MAX] = {
        FCGI_VERSION_1,
        FCGI_STDOUT,
        (unsigned char)(conn->request_id >> 8),
        (unsigned char)conn->request_id,
        (unsigned char)(len >> 8),
        (unsigned char)len,
    };
    ssize_t size = (ssize_t)(FCGI_HEADER_LEN + len);
    ssize_t sent;

    memcpy(record + FCGI_HEADER_LEN, content, len);
    sent = send(conn->fd, record, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0 && sent < size)
        shutdown(conn->fd, SHUT_RDWR);
    return sent > 0;
}

bool fcgi_probe_begin(struct conn *base, const char *head, size_t head_len)
{
    struct fcgi_conn *conn = (struct fcgi_conn *)base; /* its first member */
    bool open = conn->state == FCGI_STATE_WAITING || conn->state == FCGI_STATE_PARKED;

    if (open && !conn->begun && head_len <= HEAD_MAX)
        conn->begun = send_record(conn, head, head_len);
    return conn->begun;
}

bool fcgi_probe_begun(const struct conn *base)
{
    return ((const struct fcgi_conn *)base)->begun;
}

/* Some at a time, and those probed go to the end of the list: each has its turn once in PORTIONS. */
static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;
    struct fcgi_conns *parked = &self->conns[FCGI_STATE_PARKED];
    unsigned long count = self->stats.waiting / PORTIONS + 1;
    struct fcgi_conn *conn;

    (void)fd;
    (void)what;
    while (count-- > 0 && (conn = TAILQ_FIRST(parked))) {
        if (conn->begun)
            (void)send_record(conn, " ", 1);
        TAILQ_REMOVE(parked, conn, entry);
        TAILQ_INSERT_TAIL(parked, conn, entry);
    }
}

void fcgi_probe(struct fcgi *self, unsigned every_s)
{
    const unsigned long portion_us = every_s * 1000000UL / PORTIONS;
    const struct timeval portion = {.tv_sec = (time_t)(portion_us / 1000000),
                                    .tv_usec = (suseconds_t)(portion_us % 1000000)};

    self->probing = event_new(event_get_base(self->tick), -1, EV_PERSIST, on_time, self);
    if (!self->probing) {
        log_error("FastCGI: no event for the loop");
        abort();
    }
    event_add(self->probing, &portion);
}
