/* SPDX-License-Identifier: ISC */
/*
 * How requests come in and answers go out, with either gateway: FastCGI (fcgi.c) or CGI (cgi.c). A request is handed up
 * whole, in one call. Its answer is given once, in that call or at any time later, and until then the conn is all that
 * is kept. Nothing here knows of HTTP beyond the gateway's variables: a reply is bytes.
 */
#ifndef ROLLCALL_TRANSPORT_TRANSPORT_H
#define ROLLCALL_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct blob;
struct conn;
struct event_base;

enum request_fault {
    REQUEST_WHOLE,
    REQUEST_TOO_LARGE,      /* body over LIMIT_BODY_BYTES: drained, not kept */
    REQUEST_CROWDED_OUT,    /* body dropped: all that arrive at once are over LIMIT_INPUTS_BYTES */
    REQUEST_LENGTH_INVALID, /* CONTENT_LENGTH is not a number */
    REQUEST_LENGTH_WRONG,   /* the body does not have the length of CONTENT_LENGTH */
};

/* A request as the gateway gave it. Everything in it is borrowed, and gone when on_request returns. */
struct request {
    char *const *params; /* "NAME=value" strings, NULL-ended, as in environ */
    const char *body;    /* body_len bytes and a NUL; never NULL */
    size_t body_len;
    enum request_fault fault; /* what is wrong with it; the body is empty unless REQUEST_WHOLE */
};

/*
 * The value of the gateway's variable NAME, or NULL. Of several the last: so a configuration overrides what it
 * includes.
 */
const char *request_param(const struct request *request, const char *name);

/* A copy of REQUEST that lives until request_copy_free(), which takes NULL. */
struct request *request_copy(const struct request *request);
void request_copy_free(struct request *request);

/* What the floor above does with requests. */
struct transport_handler {
    void *ctx;
    /*
     * A request has come on CONN. Exactly one conn_reply(CONN) must follow, now or later, unless its owner's
     * on_gone(CONN) comes first; after either, CONN must not be touched.
     */
    void (*on_request)(void *ctx, struct conn *conn, const struct request *request);
    /*
     * The rest of a part that conn_send() kept has been sent: CONN takes the next one. OWNER is that of
     * conn_set_owner(). Never from inside conn_send().
     */
    void (*on_sent)(void *ctx, struct conn *conn, void *owner);
};

/*
 * Says who is told when the client of CONN goes away before its answer, or its gateway aborts: ON_GONE is called with
 * the handler's ctx and OWNER (the parked poll or pending exchange; borrowed), never from inside conn_reply(). Replaces
 * what was set before; without one, nobody is told.
 */
void conn_set_owner(struct conn *conn, void (*on_gone)(void *ctx, struct conn *conn, void *owner), void *owner);

/*
 * Answers: HEAD (CGI response headers with the empty line, RFC 3875 section 6; copied or sent before this returns) and
 * BODY (a reference is taken as needed; NULL for none). Consumes CONN. Never blocks: what the socket does not take is
 * kept and sent when it can be, for LIMIT_OUTPUT_SECONDS at most.
 */
void conn_reply(struct conn *conn, const char *head, size_t head_len, struct blob *body);

/*
 * Sends the HEAD of an answer whose body is to follow by conn_reply(), which then leaves its own head out. False, and
 * nothing is sent, if the kind of CONN cannot do that or its socket takes nothing now. For fcgi_probe().
 */
bool conn_begin(struct conn *conn, const char *head, size_t head_len);
/* True if the head of CONN's answer has been sent. */
bool conn_begun(const struct conn *conn);

/* Whether CONN takes an answer in parts. */
bool conn_takes_parts(const struct conn *conn);

/*
 * Sends PART, the next part of an answer that conn_begin() began (a reference is taken as needed); conn_reply() ends
 * it. Never blocks. False: the socket did not take it whole. The rest is kept, for LIMIT_OUTPUT_SECONDS without any of
 * it being taken; no further part may be sent before on_sent(). If the client has gone, that is told later, by
 * on_gone(). An answer with parts is not probed.
 */
bool conn_send(struct conn *conn, struct blob *part);

/* ---- FastCGI: fcgi.c ---- */

struct fcgi;

/* Counts, for /metrics. */
struct fcgi_stats {
    unsigned long accepted;    /* connections, since the start */
    unsigned long connections; /* open now, whatever they do */
    unsigned long waiting;     /* requests handed up and not answered yet */
    unsigned long aborted;     /* requests whose client went away */
    unsigned long malformed;   /* connections closed for bytes that are not FastCGI */
    unsigned long timed_out;   /* connections closed: a request was not whole, or an answer not taken, in time */
};

/*
 * Serves FastCGI on the listening socket LISTEN_FD (made non-blocking; borrowed: it is the caller's to close) in BASE.
 * HANDLER is copied. The caller frees the result with fcgi_free(), which closes all connections without answers and
 * without telling owners: no conn may be touched after it. Not to be called from inside on_request or on_gone.
 */
struct fcgi *fcgi_new(struct event_base *base, int listen_fd, const struct transport_handler *handler);
void fcgi_free(struct fcgi *self);

/*
 * From now on sends a space, which JSON may begin with, every EVERY_S seconds to each client whose answer has begun
 * (conn_begin()) and not ended. A web server that says nothing when a client goes notices it when it has something to
 * pass on.
 */
void fcgi_probe(struct fcgi *self, unsigned every_s);

/*
 * Accepts connections that another process was woken for and did not take, because it died or has no descriptors left.
 * To be called a few times a second, not from inside on_request or on_gone.
 */
void fcgi_tick(struct fcgi *self);

/*
 * Accepts what waits for it and then no more, and closes every kept connection once it has nothing to answer. Requests
 * under way go on. If other processes share the listening socket, they go on accepting. Not to be called from inside
 * on_request or on_gone.
 */
void fcgi_drain(struct fcgi *self);

/* True once drained and nothing is under way: no request read, waiting or being answered. */
bool fcgi_idle(const struct fcgi *self);

/* Borrowed; the counts go on. */
const struct fcgi_stats *fcgi_stats(const struct fcgi *self);

/* ---- CGI: cgi.c ---- */

struct cgi;

/* What a web server gives a CGI program. All borrowed: it outlives the struct cgi. */
struct cgi_process {
    char *const *environment; /* the variables, as environ */
    int in_fd;                /* the body */
    int out_fd;               /* the answer */
};

/*
 * Serves the one request of this PROCESS (copied). on_request is called from the loop of BASE. When the answer is
 * written, or the client gone, ON_DONE is called, once, with the handler's ctx. Freed with cgi_free().
 */
struct cgi *cgi_new(struct event_base *base, const struct cgi_process *process, const struct transport_handler *handler,
                    void (*on_done)(void *ctx));
/* As fcgi_free(); may be called from inside ON_DONE. */
void cgi_free(struct cgi *self);

#endif
