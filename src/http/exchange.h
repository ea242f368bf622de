/* SPDX-License-Identifier: ISC */
/*
 * One request and its one reply, now or later, over any transport. Headers and the body can be read until the handler
 * returns. Path, query and caller live as long as the exchange, which is until it is replied to, even if the client
 * goes away before that: replying then only frees it. A parked poll does not keep its exchange: exchange_park()
 * reduces it to the few bytes that the reply will need. Knows nothing of what handlers do.
 */
#ifndef ROLLCALL_HTTP_EXCHANGE_H
#define ROLLCALL_HTTP_EXCHANGE_H

#include "auth/caller.h"
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

/* What all exchanges of a server share. */
struct exchange_host {
    const struct conf *conf; /* borrowed: has the cors_origins for headers */
    void *service;           /* borrowed: what handlers work with; only they know its type */
    /* Called for each reply, with the exchange's route and the HTTP status. */
    void (*on_reply)(void *ctx, unsigned route, int status);
    void *ctx;
};

struct exchange {
    const struct exchange_host *host; /* borrowed: outlives all exchanges */
    struct conn *conn;                /* NULL once the client has gone */
    const struct request *request;    /* borrowed: gone once the handler has returned, unless it is HELD */
    struct request *held;             /* owned: see exchange_hold(); NULL at first */
    struct path path;                 /* owned, as is the query */
    struct query query;
    enum method method;
    bool head;              /* HEAD: as GET, without the body */
    bool plain;             /* the client prefers text/plain */
    uint16_t cors;          /* 1 + index of the allowed origin; 0: no CORS headers */
    unsigned route;         /* for counting */
    const char *body_names; /* static: the names that its JSON may have, see http/names.h */
    struct caller caller;
    const char *workspace; /* borrowed from path: the workspace it concerns; NULL if none */
    const char *user;      /* borrowed from path, query or caller: the user it concerns; NULL if none */
    int status;            /* of the reply, if the handler knows it before the body */
    void *state;           /* owned: the handler's, see exchange_keep() */
    void (*free_state)(void *state);
};

/* A new exchange for REQUEST on CONN, which it owns from now on. Freed by replying or parking. */
struct exchange *exchange_new(const struct exchange_host *host, struct conn *conn, const struct request *request);

/*
 * Keeps STATE, heap memory in which the handler remembers its request until the answer comes. FREE_STATE (NULL:
 * free()) is called with it when the exchange is replied to or parked. Once per exchange.
 */
void exchange_keep(struct exchange *exchange, void *state, void (*free_state)(void *state));

/* Makes headers and body live as long as EXCHANGE, because its handler runs later. */
void exchange_hold(struct exchange *exchange);

/* ---- replying: each call frees EXCHANGE and its state ---- */

/* Replies STATUS with BODY (may be NULL; takes over a reference) as JSON. */
void exchange_reply(struct exchange *exchange, int status, struct blob *body);
/* The same with the content of BUF, which is cleared. */
void exchange_reply_buf(struct exchange *exchange, int status, struct buf *buf);
/* The same with content type TYPE, and with HEADERS, more header lines ("Name: value\r\n"...; may be NULL). */
void exchange_reply_as(struct exchange *exchange, int status, const char *type, const char *headers, struct blob *body);

/* What a problem may say besides its detail. 0 and NULL leave a part out. */
struct problem_extra {
    unsigned after_s;    /* Retry-After; 0: a default if the status needs one */
    const char *headers; /* more header lines */
    const char *members; /* more JSON members, as in ",\"line\":3" */
};

/* Replies with PROBLEM and a detail for people: what is wrong, then what to do. Like printf(), at most 511 bytes. */
void exchange_problem(struct exchange *exchange, enum problem problem, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
/* Replies 400 with RULE, a sentence about what the request breaks. Returns false. */
bool exchange_refuse(struct exchange *exchange, const char *rule);
/* Replies with PROBLEM, DETAIL as it is, and EXTRA. */
void exchange_problem_with(struct exchange *exchange, enum problem problem, const struct problem_extra *extra,
                           const char *detail);

/* ---- parking ---- */

/* What is left of an exchange while its poll is parked. The code that parks it keeps these. */
struct exchange_parked {
    const struct exchange_host *host; /* borrowed, as in the exchange */
    struct conn *conn;                /* from exchange_park(); gone after the reply */
    unsigned route;
    uint16_t cors;
};

/* Frees EXCHANGE and its state, and returns its conn, for exchange_reply_parked() or exchange_problem_parked(). */
struct conn *exchange_park(struct exchange *exchange);

/*
 * Sends the head of a 200 of Server-Sent Events and a first comment; the events follow by conn_send() after
 * exchange_park(). If CODED, with Content-Encoding: identity. False, and nothing is sent, if the conn takes nothing
 * now.
 */
bool exchange_begin_events(struct exchange *exchange, bool coded);

/* Replies 200 with BODY (takes over a reference). */
void exchange_reply_parked(const struct exchange_parked *parked, struct blob *body);
/* Replies with PROBLEM; AFTER_S is Retry-After, 0: a default if the status needs one. */
void exchange_problem_parked(const struct exchange_parked *parked, enum problem problem, unsigned after_s,
                             const char *detail);

/* ---- reading, until the handler returns ---- */

/* The request header NAME as the gateway passes it ("HTTP_IF_NONE_MATCH"), or NULL. Valid until the handler returns. */
const char *exchange_header(const struct exchange *exchange, const char *name);

/*
 * Parses the body, which must be a JSON object whose names are all in body_names. If it is not, replies 400 and
 * returns NULL. The caller frees the result with json_free().
 */
struct json *exchange_json(struct exchange *exchange);

#endif
