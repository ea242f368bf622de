/* SPDX-License-Identifier: ISC */
/*
 * What the files of the FastCGI side share and nobody else includes: fcgi.c (the server: accepting, time, draining),
 * fcgi_conn.c (a connection's life), fcgi_input.c (requests as they come), fcgi_control.c (records that are no
 * request), fcgi_parse.c (libfcgi, which no other file knows), fcgi_output.c (answers).
 *
 *            accepted              kept, next request begins
 *               |        +--------------------------------------+
 *               v        v                                      |
 *             INPUT --whole--> WAITING --a tick later--> PARKED |
 *               |                 |                         |   |
 *               |                 +------ conn_reply() -----+   |
 *               |                 v                             |
 *               |              OUTPUT (what the socket does not take at once)
 *               |                 |                             |
 *               +--> DEAD <-------+----------> IDLE ------------+
 *
 * All of a connection that has a request parked is its struct fcgi_conn. Connections are watched by an epoll of their
 * own, inside the event base's: closing a descriptor then takes it out without a system call, and a waiting request
 * that is answered within a tick is never put in. (With events of libevent that is two calls a request, and twice the
 * memory.)
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_PRIVATE_H
#define ROLLCALL_TRANSPORT_FCGI_PRIVATE_H

#include "base/buf.h"
#include "transport/conn.h"
#include "transport/frame.h"

#include <stdint.h>
#include <sys/queue.h>

struct event;
struct fcgi_output;

enum { FCGI_SCRATCH_BYTES = 65536 }; /* the most that is looked at in one go */

enum fcgi_state {
    FCGI_STATE_INPUT,   /* a request is awaited, or partly here; LIMIT_INPUT_SECONDS run */
    FCGI_STATE_WAITING, /* a request was handed up just now; its client is not watched yet */
    FCGI_STATE_PARKED,  /* a request was handed up; its client is watched */
    FCGI_STATE_GONE, /* the client of such a one has gone, but nobody was told: the answer is awaited, to be dropped */
    FCGI_STATE_OUTPUT, /* an answer is partly sent; LIMIT_OUTPUT_SECONDS run */
    FCGI_STATE_IDLE,   /* kept for the next request */
    FCGI_STATE_DEAD,   /* closed; freed when no caller up the stack can hold it */
    FCGI_STATES
};

/* A request that was not whole at the first look. */
struct fcgi_input {
    struct frame frame;
    struct buf
        stored; /* its own records, packed now and then; at the end perhaps one that may have to be taken out again */
    size_t packed;    /* how many bytes packing took out of the head: BEGIN_REQUEST and PARAMS */
    size_t counted;   /* of stored, in fcgi->stored_bytes */
    bool crowded_out; /* its body is drained, not stored */
    int64_t deadline_ms;
};

struct fcgi_conn {
    struct conn conn;             /* what the floor above holds */
    struct fcgi *fcgi;            /* borrowed */
    TAILQ_ENTRY(fcgi_conn) entry; /* in fcgi->conns[state] */
    union {
        struct fcgi_input *input;   /* owned; FCGI_STATE_INPUT: NULL before the first look */
        struct fcgi_output *output; /* owned; FCGI_STATE_OUTPUT */
    };
    int fd;              /* owned; -1 once closed */
    uint16_t request_id; /* of the request that was handed up */
    bool keep;           /* the connection stays after it */
    bool begun;          /* the head of its answer is sent */
    unsigned char state;
    uint32_t watched; /* epoll's events; 0: not in the epoll */
};

TAILQ_HEAD(fcgi_conns, fcgi_conn);

struct fcgi {
    struct transport_handler handler;
    struct fcgi_stats stats;
    struct fcgi_conns conns[FCGI_STATES];
    struct event *accepting; /* owned: the listening socket is readable */
    struct event *watching;  /* owned: the epoll is */
    struct event *tick;      /* owned: time to look at what has a time limit */
    struct event *probing;   /* owned: time to probe some of those whose answer has begun; NULL: never */
    int listen_fd;           /* borrowed */
    int epoll_fd;            /* owned */
    int memfd; /* owned: where libfcgi reads a request from that it cannot read from its socket; -1 before the first */
    unsigned depth; /* of callbacks that hold connections: none is freed meanwhile */
    bool ticking;
    bool draining;
    bool paused; /* not accepting until the next tick: no descriptors */
    int64_t pause_logged_ms;
    int64_t malformed_logged_ms;
    int64_t crowded_logged_ms;
    struct buf body;     /* of the request being handed up */
    size_t stored_bytes; /* of all requests that are not whole yet */
    size_t stored_most;  /* since memory was given back last */
    unsigned char scratch[FCGI_SCRATCH_BYTES];
};

/* ---- fcgi.c ---- */

/* Makes sure that a tick comes. */
void fcgi_need_tick(struct fcgi *self);
/* Brackets whatever may close connections and call out: what dies in between is freed at the end. */
void fcgi_enter(struct fcgi *self);
void fcgi_leave(struct fcgi *self);
/* True at most once a minute by *LAST_MS: whether to log what may come in floods. */
bool fcgi_once_a_minute(int64_t *last_ms);

/* ---- fcgi_conn.c ---- */

/* A connection for FD, which it owns, in FCGI_STATE_INPUT. */
struct fcgi_conn *fcgi_conn_new(struct fcgi *fcgi, int fd);
void fcgi_conn_enter(struct fcgi_conn *self, enum fcgi_state state);
/* Closes it, whatever it does, and frees it as soon as can be. Nobody is told. */
void fcgi_conn_close(struct fcgi_conn *self);
/* From now on hears of EVENTS. Where the system refuses, the connection is closed, unless all it needs is an answer. */
void fcgi_conn_watch(struct fcgi_conn *self, uint32_t events);
/* Something has happened that is watched for. */
void fcgi_conn_event(struct fcgi_conn *self, uint32_t events);
/* A request has been answered, or needs no answer: waits for the next one, or closes. */
void fcgi_conn_next(struct fcgi_conn *self);

/* ---- fcgi_input.c ---- */

/* Looks at what has come, and hands a request up once it is whole. */
void fcgi_input_read(struct fcgi_conn *conn);
void fcgi_input_free(struct fcgi *fcgi, struct fcgi_input *input);

/* ---- fcgi_control.c ---- */

/* Answers RECORD, whose header FRAME has, which is not the request's. False where the answer cannot be sent. */
bool fcgi_control_answer(int fd, const struct frame *frame, const unsigned char *record);
/* Ends request ID without an answer: PROTOCOL_STATUS of <fastcgi.h>. False where that cannot be sent. */
bool fcgi_control_end(int fd, uint16_t id, unsigned char protocol_status);
/* Whether LEN BYTES are FCGI_ABORT_REQUEST for ID, or may become it when more has come. */
bool fcgi_control_may_abort(const unsigned char *bytes, size_t len, uint16_t id);
/* Whether LEN BYTES begin with the header of FCGI_ABORT_REQUEST for ID; then how long that record is, else 0. */
size_t fcgi_control_abort_bytes(const unsigned char *bytes, size_t len, uint16_t id);

/* ---- fcgi_parse.c ---- */

/* Makes libfcgi ready, once a process; leaves signals as they are. False where it cannot be. */
bool fcgi_parse_init(void);
/*
 * Has libfcgi read a request from FD, which holds it whole, and calls ON_REQUEST with it: BODY_LEN bytes of body, using
 * BODY, and FAULT, unless REQUEST_WHOLE, in which case CONTENT_LENGTH decides. Leaves FD open where it returns true;
 * where not, FD may have been closed: then it is set to -1.
 */
bool fcgi_parse(int *fd, size_t body_len, struct buf *body, enum request_fault fault,
                void (*on_request)(void *ctx, const struct request *request), void *ctx);

/* ---- fcgi_probe.c ---- */

bool fcgi_probe_begin(struct conn *conn, const char *head, size_t head_len);
bool fcgi_probe_begun(const struct conn *conn);

/* ---- fcgi_output.c ---- */

extern const struct conn_kind fcgi_conn_kind;

/* Sends more of an answer that the socket did not take whole. */
void fcgi_output_continue(struct fcgi_conn *conn);
int64_t fcgi_output_deadline_ms(const struct fcgi_output *output);
void fcgi_output_free(struct fcgi_output *output);

#endif
