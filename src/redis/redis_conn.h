/* SPDX-License-Identifier: ISC */
/*
 * One connection to Redis. Commands are collected in a buffer and go out together at the end of the loop's turn.
 * Replies are given to the requests in the order in which those were sent. A reply that nobody asked for ends the
 * connection, and nothing worse. What follows from a lost connection is decided by its owner.
 */
#ifndef ROLLCALL_REDIS_CONN_H
#define ROLLCALL_REDIS_CONN_H

#include "redis/redis_arena.h"
#include "redis/redis_request.h"
#include "redis/redis_wire.h"

#include <event2/event_struct.h>

struct redisReader;

/* What a connection is for, and what it tells its owner. */
struct redis_conn_role {
    const char *name;    /* for sentences: "the NAME connection was lost" */
    bool urgent;         /* its input is read before anything else that the loop has to do, unless it floods */
    struct redis *owner; /* borrowed: what the requests' on_reply gets */
    void *ctx;           /* what the following get */
    /* The connection failed, and WHY says how. Nothing more is read from it; the owner closes it, but not from here. */
    void (*on_lost)(void *ctx, const char *why);
    /*
     * Takes REPLY if it is a message on a channel; false if it answers a request. NULL: this connection gets no
     * messages.
     */
    bool (*on_message)(void *ctx, const struct redis_value *reply);
};

struct redis_conn {
    struct event_base *base; /* borrowed */
    struct redis_conn_role role;
    struct redis_wire wire;
    struct redisReader *reader; /* owned, as long as the wire is open */
    struct redis_arena arena;
    struct event readable, writable;
    struct event end_of_turn; /* when commands go out */
    struct event rested;      /* when everything else has had its turn */
    size_t urgent_bytes;      /* of urgent input, since it last had */
    bool flushing;            /* END_OF_TURN will come */
    bool connecting;          /* the wire is not ready yet */
    bool ignored;             /* nothing more is read */
    struct buf out;           /* to be sent, from SENT on */
    size_t sent;
    int64_t start_us;                   /* of connecting */
    int64_t ping_us;                    /* when it was last pinged; the owner's */
    int64_t received_us;                /* when the replies being handled came */
    struct redis_request_list requests; /* sent or in OUT, not answered */
};

/* Makes CONN a connection that is closed. ROLE is copied. */
void redis_conn_init(struct redis_conn *conn, struct event_base *base, const struct redis_conn_role *role);

/* Begins to connect to PLACE. Returns false, after on_lost, if that fails at once. */
bool redis_conn_open(struct redis_conn *conn, const struct redis_place *place);

/* Stops reading from and writing to CONN, which then waits to be closed. */
void redis_conn_ignore(struct redis_conn *conn);

/* Closes CONN. Requests that were not answered stay in CONN->requests for the caller to answer. */
void redis_conn_close(struct redis_conn *conn);

/* Closes CONN and frees what it holds, except for its requests. */
void redis_conn_fini(struct redis_conn *conn);

/*
 * Makes REQUEST the next to be answered, for a command that the caller has put into CONN->out. CONN owns REQUEST
 * until it is answered; the command goes out at the end of this turn.
 */
void redis_conn_push(struct redis_conn *conn, struct redis_request *request);

/* Sends a command made of COUNT texts; REQUEST as in redis_conn_push(). */
void redis_conn_send(struct redis_conn *conn, struct redis_request *request, const char *const *texts, size_t count);

/*
 * Calls on_lost if connecting has taken longer than CONNECT_MS, or the oldest request has waited longer than
 * SILENCE_MS for its answer. NOW_US is the time of the monotonic clock.
 */
void redis_conn_check(struct redis_conn *conn, int64_t now_us, int64_t connect_ms, int64_t silence_ms);

/* Whether something has come that was not handed over yet, be it the end of CONN, which must be open. */
bool redis_conn_has_input(const struct redis_conn *conn);

/* Appends LEN bytes to OUT as a RESP bulk string. */
void redis_conn_bulk(struct buf *out, const char *bytes, size_t len);

#endif
