/* SPDX-License-Identifier: ISC */
/*
 * Puts the head of an answer together (CGI response headers) and hands it to the transport with the body. Used only by
 * exchange.c.
 */
#ifndef ROLLCALL_HTTP_REPLY_H
#define ROLLCALL_HTTP_REPLY_H

#include "base/blob.h"
#include "http/problem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct conf;
struct conn;

struct reply {
    const struct conf *conf; /* borrowed: whose cors_origins */
    int status;
    const char *type;  /* content type */
    const char *extra; /* further header lines, or NULL */
    unsigned after_s;  /* Retry-After; 0: none */
    uint16_t cors;     /* 1 + index of the allowed origin; 0: no CORS headers */
    bool head;         /* only the head is sent; it says the length of the body */
    bool challenge;    /* WWW-Authenticate: Bearer */
};

/*
 * Sends the head of a 200 whose body comes later and is of unknown length, if CONN can do that. What reply_send()
 * then sends on it is the body alone.
 */
void reply_begin(const struct reply *reply, struct conn *conn);

/*
 * The same for events, with headers against caches, compression and buffers, and a first comment, which shows that it
 * works. If CODED, with Content-Encoding: identity. False, and nothing is sent, if CONN takes nothing now.
 */
bool reply_begin_events(const struct reply *reply, bool coded, struct conn *conn);

/* Sends REPLY with BODY (a reference is taken over; may be NULL) on CONN, which is consumed. */
void reply_send(const struct reply *reply, struct conn *conn, struct blob *body);

/*
 * Sets what PROBLEM says in the head: type, Retry-After (AFTER_S; if that is 0, a default with 429 and 503),
 * challenge.
 */
void reply_set_problem(struct reply *reply, enum problem problem, unsigned after_s);

/* The body of a problem (RFC 9457); MEMBERS as in struct problem_extra. One reference: the caller's. */
struct blob *reply_problem_body(enum problem problem, const char *detail, const char *members);

#endif
