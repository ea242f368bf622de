/* SPDX-License-Identifier: ISC */
/*
 * Finds out which of several addresses accepts a connection. They are tried in order: the next one when one has
 * failed, or when none has answered within 250 ms, in parallel with those under way (RFC 8305). Only that a
 * connection succeeds is learned: it is closed again. There is no time limit for the whole.
 */
#ifndef ROLLCALL_REDIS_DIAL_H
#define ROLLCALL_REDIS_DIAL_H

#include "redis/redis_name.h"

#include <stdbool.h>

struct redis_dial_attempt {
    int fd; /* -1: none */
    struct event writable;
    const char *address; /* borrowed: one of the dial's */
};

struct redis_dial_events {
    void *ctx;
    /* ADDRESS, valid during the call, accepts connections. All attempts have ended. */
    void (*on_success)(void *ctx, const char *address);
    /* No address does; ERROR is the errno of the last attempt. */
    void (*on_failure)(void *ctx, int error);
};

struct redis_dial {
    struct event_base *base; /* borrowed */
    struct redis_dial_events events;
    const struct redis_addresses *addresses; /* borrowed, from start to stop */
    int port;
    struct redis_dial_attempt attempts[REDIS_ADDRESSES];
    size_t begun, failed;
    size_t turn;       /* the address to begin with */
    struct event next; /* when another address is tried beside those under way */
};

/* EVENTS is copied. */
void redis_dial_init(struct redis_dial *self, struct event_base *base, const struct redis_dial_events *events);

/*
 * Tries PORT of ADDRESSES, which has at least one and stays unchanged until this stops. Calls on_success or
 * on_failure once, perhaps before it returns.
 */
void redis_dial_start(struct redis_dial *self, const struct redis_addresses *addresses, int port);

/* What answered turned out to be unusable, a replica for instance: the next time begin with the address after it. */
void redis_dial_turn(struct redis_dial *self);

/* Ends all attempts. Returns whether there were any. */
bool redis_dial_stop(struct redis_dial *self);

#endif
