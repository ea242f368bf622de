/* SPDX-License-Identifier: ISC */
/*
 * One request and the one reply to it, now or later, whatever the transport. The request's texts can be read until the
 * handler returns; the exchange itself lives until it is replied to, and outlives a client that goes away before that:
 * replying then does nothing but free it. A parked poll does not keep its exchange: exchange_park() turns it into the few
 * bytes that its reply will need.
 */
#ifndef ROLLCALL_HTTP_EXCHANGE_H
#define ROLLCALL_HTTP_EXCHANGE_H

#include "auth/auth.h"
#include "http/path.h"
#include "http/problem.h"
#include "http/query.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;
struct buf;
struct json;

enum method {
    METHOD_GET = 1,
    METHOD_POST = 2,
    METHOD_PUT = 4,
    METHOD_DELETE = 8,
    METHOD_OPTIONS = 16,
    METHOD_OTHER = 32,
};

/* What every exchange of a server has in common. */
struct exchange_host {
    const struct conf *conf; /* borrowed: whose cors_origins stand in headers */
    void *service;           /* borrowed: what handlers work with; its type is the floor's above */
    /* Told of each reply: ROUTE as set in the exchange, and the HTTP status. */
    void (*on_reply)(void *ctx, unsigned route, int status);
    void *ctx;
};

struct exchange {
    const struct exchange_host *host; /* borrowed: outlives all exchanges */
    struct conn *conn;                /* NULL once the client has gone */
    const struct request *request;    /* borrowed: gone once the handler has returned */
    struct path path;
    struct query query;
    enum method method;
    bool head;              /* HEAD: as GET, without the body */
    bool plain;             /* Accept: text/plain is preferred */
    uint16_t cors;          /* 1 + index of the allowed origin; 0: no CORS headers */
    unsigned route;         /* for counting */
    const char *body_names; /* static: what its JSON may have, see http/names.h */
    struct caller caller;
    /* What asynchronous handlers keep for when their answer comes; owned, freed with the exchange. */
    char *workspace;
    char *user;
    char *session;
    int64_t number; /* the handler's own */
    int status;     /* what it will be answered with, where that is known before */
};

/* An exchange for REQUEST on CONN; it becomes CONN's owner. */
struct exchange *exchange_new(const struct exchange_host *host, struct conn *conn, const struct request *request);

/* ---- replying: each consumes EXCHANGE ---- */

/* STATUS with BODY (may be NULL; a reference is taken over) as JSON. */
void exchange_reply(struct exchange *exchange, int status, struct blob *body);
/* The same with the content of BUF, which is cleared. */
void exchange_reply_buf(struct exchange *exchange, int status, struct buf *buf);
/* The same with a content type of its own, and EXTRA header lines ("Name: value\r\n"...; may be NULL). */
void exchange_reply_as(struct exchange *exchange, int status, const char *type, const char *extra, struct blob *body);

/* A problem with a sentence of detail; printf-like. */
void exchange_problem(struct exchange *exchange, enum problem problem, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with Retry-After: AFTER_S, and EXTRA header lines (may be NULL) and MEMBERS of JSON (",\"line\":3"; may be NULL). */
void exchange_problem_as(struct exchange *exchange, enum problem problem, unsigned after_s, const char *extra,
                         const char *members, const char *detail);

/* ---- parking ---- */

/* Frees EXCHANGE and returns its conn, which is the caller's to reply on, with exchange_answer() and EXCHANGE's cors. */
struct conn *exchange_park(struct exchange *exchange);

/* Replies 200 with BODY (a reference is taken over) on a conn that was parked. */
void exchange_answer(const struct exchange_host *host, struct conn *conn, uint16_t cors, unsigned route,
                     struct blob *body);
/* Replies with a problem on such a conn. */
void exchange_answer_problem(const struct exchange_host *host, struct conn *conn, uint16_t cors, unsigned route,
                             enum problem problem, const char *detail);
/* Replies that Redis is out of reach, and to ask again in AFTER_S. */
void exchange_answer_away(const struct exchange_host *host, struct conn *conn, uint16_t cors, unsigned route,
                          unsigned after_s);

/* ---- reading, until the handler returns ---- */

/* The request header NAME as the gateway gives it ("HTTP_IF_NONE_MATCH"), or NULL. */
const char *exchange_header(const struct exchange *exchange, const char *name);

/*
 * The JSON object of the body, all of its names being among body_names; on a fault replies 400 and returns NULL. Freed with
 * json_free().
 */
struct json *exchange_json(struct exchange *exchange);

#endif
