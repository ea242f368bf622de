/* SPDX-License-Identifier: ISC */
/*
 * All sentinels together: they say where the master is, and that it is elsewhere now. All of them are asked at the same
 * time. If they do not agree, what they name is tried in turn, and the server itself is asked whether it is a master. A
 * sentinel that is dead, or one that names an old master, costs nothing but that.
 */
#ifndef ROLLCALL_REDIS_SENTINELS_H
#define ROLLCALL_REDIS_SENTINELS_H

#include "redis/redis_masters.h"
#include "redis/redis_state.h"

struct redis_sentinels;

/* MASTER is to be tried, as redis_sentinels_want() wants it. Valid during the call. */
typedef void redis_sentinels_fn(struct redis *owner, const struct redis_master *master);

/* The sentinels of OWNER's configuration. Freed with redis_sentinels_free(). */
struct redis_sentinels *redis_sentinels_new(struct redis *owner, redis_sentinels_fn *on_master);

/* Frees SELF, which may be NULL. */
void redis_sentinels_free(struct redis_sentinels *self);

/*
 * Asks all of them: on_master is called once, from the loop. Another time it names another one, if there is another. If
 * none of them can be used, redis_lose().
 */
void redis_sentinels_want(struct redis_sentinels *self);

/* To be called twice a second: watches over the connections, and over whether OWNER is still where it should be. */
void redis_sentinels_tick(struct redis_sentinels *self, int64_t now_us);

/* How many of them have answered, and still can. */
size_t redis_sentinels_known(const struct redis_sentinels *self);

#endif
