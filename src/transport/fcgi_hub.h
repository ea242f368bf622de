/* SPDX-License-Identifier: ISC */
/*
 * What all connections of one FastCGI server share: the lists of them by state, the epoll that watches them, the
 * counts for /metrics. It moves connections from list to list and frees those that are dead once no caller up the
 * stack can hold them. fcgi_conn.c decides what a state means and what comes after it.
 *
 * The epoll is an epoll of its own inside the event base's: closing a descriptor then takes it out without a system
 * call, and a waiting request that is answered within a tick is never put in. (Events of libevent cost two calls per
 * request and twice the memory.)
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_HUB_H
#define ROLLCALL_TRANSPORT_FCGI_HUB_H

#include "transport/conn.h"
#include "transport/fcgi_output.h"

#include <stdint.h>
#include <sys/queue.h>

struct event;
struct fcgi_ahead;
struct fcgi_hub;
struct fcgi_input;
struct fcgi_partial;

enum fcgi_state {
    FCGI_STATE_INPUT,   /* a request is awaited, or partly here; LIMIT_INPUT_SECONDS run */
    FCGI_STATE_WAITING, /* a request was handed up just now; its client is not watched yet */
    FCGI_STATE_PARKED,  /* a request was handed up; its client is watched */
    FCGI_STATE_STALLED, /* the same, and a part of its answer is partly sent; LIMIT_OUTPUT_SECONDS run */
    FCGI_STATE_GONE,    /* the client of such a request has gone, but nobody was told: its answer will be dropped */
    FCGI_STATE_OUTPUT,  /* an answer is partly sent; LIMIT_OUTPUT_SECONDS run */
    FCGI_STATE_IDLE,    /* kept for the next request */
    FCGI_STATE_AHEAD,   /* the same, and what was read ahead of it is next to be looked at */
    FCGI_STATE_DEAD,    /* closed; freed when no caller up the stack can hold it */
    FCGI_STATES
};

/* What the epoll says of a connection. */
enum fcgi_watch {
    FCGI_WATCH_NOT,           /* nothing: it is not in the epoll */
    FCGI_WATCH_INPUT,         /* bytes, and the end */
    FCGI_WATCH_MORE,          /* bytes beyond those that are here, and the end */
    FCGI_WATCH_END,           /* the end */
    FCGI_WATCH_OUTPUT,        /* room for bytes */
    FCGI_WATCH_OUTPUT_OR_END, /* both */
};

/* All there is of a connection whose request is parked. */
struct fcgi_conn {
    struct conn conn;             /* what the floor above holds */
    struct fcgi_hub *hub;         /* borrowed: outlives its connections */
    TAILQ_ENTRY(fcgi_conn) entry; /* in hub->conns[state] */
    union {
        struct fcgi_partial *partial; /* owned; FCGI_STATE_INPUT: NULL before the first look */
        struct fcgi_output *output;   /* owned; FCGI_STATE_OUTPUT, _STALLED */
    };
    struct fcgi_ahead *ahead; /* owned: what came behind its request; NULL for nothing */
    int fd;                   /* owned; -1 once closed */
    uint16_t request_id;      /* of the request that was handed up */
    unsigned char state;
    unsigned char watched : 3; /* an enum fcgi_watch */
    bool keep : 1;             /* the connection stays after the request */
    bool begun : 1;            /* the head of its answer is sent */
    bool in_parts : 1;         /* and parts of it may follow */
};

struct fcgi_hub {
    struct transport_handler handler;
    struct fcgi_stats stats;
    TAILQ_HEAD(fcgi_conns, fcgi_conn) conns[FCGI_STATES];
    struct fcgi_input *input; /* owned */
    struct fcgi_outputs outputs;
    struct event *tick; /* borrowed: the server's; it comes once after fcgi_hub_need_tick() */
    int epoll_fd;       /* owned */
    unsigned depth;     /* of callbacks that hold connections: none is freed meanwhile */
    unsigned settled;   /* connections that turned out to be kept, in this worker's turn to accept */
    bool ticking;
    bool draining;
    int64_t malformed_logged_ms;
    int64_t crowded_logged_ms;
    int64_t unread_logged_ms;
};

/* Without connections; HANDLER is copied. False if the system or libfcgi refuses; call fcgi_hub_fini() in any case. */
bool fcgi_hub_init(struct fcgi_hub *self, const struct transport_handler *handler);
/* All connections must be dead. */
void fcgi_hub_fini(struct fcgi_hub *self);

/* Puts CONN, a new one, into the list of its state. */
void fcgi_hub_add(struct fcgi_hub *self, struct fcgi_conn *conn);

/*
 * Moves CONN to the end of STATE's list. In FCGI_STATE_DEAD it is freed, at once or by the outermost
 * fcgi_hub_leave().
 */
void fcgi_hub_move(struct fcgi_conn *conn, enum fcgi_state state);

/* Watches CONN for WATCH from now on; without a system call if it does already. False if the system refuses. */
bool fcgi_hub_watch(struct fcgi_conn *conn, enum fcgi_watch watch);

/* Makes sure that a tick comes. */
void fcgi_hub_need_tick(struct fcgi_hub *self);
/* Makes sure that a tick comes in the loop's next turn, together with whatever has happened by then. */
void fcgi_hub_need_tick_now(struct fcgi_hub *self);

/* Bracket whatever may close connections and call out: what dies in between is freed at the end. */
void fcgi_hub_enter(struct fcgi_hub *self);
void fcgi_hub_leave(struct fcgi_hub *self);

/* True if CONN's request was handed up and is not answered. */
bool fcgi_hub_is_unanswered(const struct fcgi_conn *conn);

/* True at most once a minute by *LAST_MS: whether to log what may come in floods. */
bool fcgi_hub_once_a_minute(int64_t *last_ms);

#endif
