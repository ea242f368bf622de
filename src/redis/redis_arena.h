/* SPDX-License-Identifier: ISC */
/*
 * The memory of one reply. It grows by chunks, so that nothing moves while the reply is still being received, and all
 * of it is given up together. A reply of the usual size needs no allocation: its chunk is used again for the next
 * one.
 */
#ifndef ROLLCALL_REDIS_ARENA_H
#define ROLLCALL_REDIS_ARENA_H

#include <stddef.h>

enum { REDIS_ARENA_MAX = 16 << 20 }; /* bytes of one reply: no script answers so much, so the peer is not Redis */

struct redis_arena_chunk;

/* Zeroed memory is an empty arena. */
struct redis_arena {
    struct redis_arena_chunk *chunks; /* owned; the newest first */
    size_t bytes;                     /* of this reply, for its cap */
};

/* SIZE bytes, not zeroed, valid until the arena is reset; NULL if the reply would be larger than REDIS_ARENA_MAX. */
void *redis_arena_take(struct redis_arena *self, size_t size);

/* Gives up the reply, but keeps one chunk for the next. */
void redis_arena_reset(struct redis_arena *self);

/* Frees everything. The arena is empty and can be used again. */
void redis_arena_fini(struct redis_arena *self);

#endif
