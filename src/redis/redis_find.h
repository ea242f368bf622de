/* SPDX-License-Identifier: ISC */
/*
 * Finds an address at which a server accepts connections. A name is looked up, and its addresses are tried; an IP
 * address is believed. One search at a time.
 */
#ifndef ROLLCALL_REDIS_FIND_H
#define ROLLCALL_REDIS_FIND_H

#include "redis/redis_dial.h"
#include "redis/redis_name.h"

#include <stdbool.h>
#include <stdint.h>

struct redis_find_events {
    void *ctx;
    /* ADDRESS is an IP address, valid during the call. */
    void (*on_found)(void *ctx, const char *address);
    /* There is none, and WHY says why. */
    void (*on_failed)(void *ctx, const char *why);
};

struct redis_find {
    struct redis_find_events events;
    struct redis_name name;
    struct redis_dial dial;
    char *host; /* owned; NULL before the first search */
    int port;
    int64_t start_us;
    bool active;
};

/* EVENTS is copied. */
void redis_find_init(struct redis_find *self, struct event_base *base, const struct redis_find_events *events);

/* Begins to look for HOST, which is copied, and PORT. Calls on_found or on_failed once, perhaps before it returns. */
void redis_find_start(struct redis_find *self, const char *host, int port);

/* Gives up, with on_failed, if it has taken longer than LIMIT_MS. NOW_US is the time of the monotonic clock. */
void redis_find_check(struct redis_find *self, int64_t now_us, int64_t limit_ms);

/* What was found turned out to be unusable, a replica for instance: the next time begin with another address. */
void redis_find_turn(struct redis_find *self);

/* Ends a search, without on_failed. */
void redis_find_stop(struct redis_find *self);

/* Ends a search and frees what SELF holds. */
void redis_find_fini(struct redis_find *self);

#endif
