/* SPDX-License-Identifier: ISC */
/*
 * One sentinel: a connection of its own, with its own password and TLS, that is asked where the master is and tells of
 * each switch to another one. It stays open. If it cannot be used it is closed, until it is asked again.
 */
#ifndef ROLLCALL_REDIS_SENTINEL_H
#define ROLLCALL_REDIS_SENTINEL_H

#include "redis/redis_find.h"
#include "redis/redis_masters.h"
#include "redis/redis_state.h"

enum redis_sentinel_state {
    SENTINEL_CLOSED,
    SENTINEL_FINDING, /* its address */
    SENTINEL_OPEN,    /* connecting, or connected */
    SENTINEL_CLOSING, /* at the end of this turn */
};

struct redis_sentinel_events {
    void *ctx;
    /* It has answered, or told of a switch by itself; MASTER is what it says, valid during the call. */
    void (*on_master)(void *ctx, size_t index, const struct redis_master *master, bool switched);
    /* It cannot be used now; redis_sentinel_describe() says why. */
    void (*on_away)(void *ctx, size_t index);
};

struct redis_sentinel {
    struct redis *owner;              /* borrowed: its loop, pool, trust and configuration */
    const struct conf_redis_host *at; /* borrowed: of that configuration */
    size_t index;                     /* of that host */
    struct redis_sentinel_events events;
    enum redis_sentinel_state state;
    struct redis_find find;
    struct redis_conn conn;
    struct event close;
    bool asking;     /* the answer has not come */
    bool subscribed; /* to switches, or about to be */
    char why[300];   /* "" once it has answered */
};

/* Makes SELF the sentinel INDEX of OWNER's configuration, closed. EVENTS is copied. */
void redis_sentinel_init(struct redis_sentinel *self, struct redis *owner, size_t index,
                         const struct redis_sentinel_events *events);

/* Asks where the master is, unless that is under way. Opens the connection if it is closed. */
void redis_sentinel_ask(struct redis_sentinel *self);

/* Gives a connection up that does not answer. NOW_US is the time of the monotonic clock. */
void redis_sentinel_check(struct redis_sentinel *self, int64_t now_us);

/* Writes why it cannot be used, or that it has not answered yet, with its address, to OUT of SIZE bytes. */
void redis_sentinel_describe(const struct redis_sentinel *self, char *out, size_t size);

/* Closes it, and frees what SELF holds. */
void redis_sentinel_fini(struct redis_sentinel *self);

#endif
