/* SPDX-License-Identifier: ISC */
/* See redis_arena.h. */
#include "redis/redis_arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 16 << 10 }; /* holds nearly every reply */

/* What replies consist of, for its alignment. */
union unit {
    int64_t number;
    void *pointer;
};

struct redis_arena_chunk {
    struct redis_arena_chunk *next;
    size_t size, used; /* of bytes */
    alignas(max_align_t) char bytes[];
};

static struct redis_arena_chunk *grow(struct redis_arena *self, size_t size)
{
    if (size < CHUNK_BYTES)
        size = CHUNK_BYTES;
    /* Doubles the arena, so that even a page of many changes has few chunks. */
    if (self->chunks && size < self->bytes)
        size = self->bytes;
    struct redis_arena_chunk *chunk = mem_resize(NULL, 1, sizeof *chunk + size);
    chunk->next = self->chunks;
    chunk->size = size;
    chunk->used = 0;
    self->chunks = chunk;
    return chunk;
}

void *redis_arena_take(struct redis_arena *self, size_t size)
{
    const size_t align = alignof(union unit);
    struct redis_arena_chunk *chunk = self->chunks;

    size = (size + align - 1) / align * align;
    if (size > REDIS_ARENA_MAX - self->bytes)
        return NULL;
    if (!chunk || size > chunk->size - chunk->used)
        chunk = grow(self, size);
    void *bytes = chunk->bytes + chunk->used;
    chunk->used += size;
    self->bytes += size;
    return bytes;
}

void redis_arena_fini(struct redis_arena *self)
{
    while (self->chunks) {
        struct redis_arena_chunk *chunk = self->chunks;
        self->chunks = chunk->next;
        free(chunk);
    }
    self->bytes = 0;
}

void redis_arena_reset(struct redis_arena *self)
{
    if (self->chunks && (self->chunks->next || self->chunks->size > CHUNK_BYTES))
        redis_arena_fini(self);
    if (self->chunks)
        self->chunks->used = 0;
    self->bytes = 0;
}
