/* SPDX-License-Identifier: ISC */
/* How replies are kept in memory, and how hiredis's parser is made to build them. For src/redis/ and its tests. */
#ifndef ROLLCALL_REDIS_VALUE_PRIVATE_H
#define ROLLCALL_REDIS_VALUE_PRIVATE_H

#include "redis/redis_value.h"

#include <stdbool.h>

struct redisReader;
struct redis_arena;

struct redis_value {
    enum redis_type type;
    bool error; /* an error reply: TEXT says which, TYPE is NONE */
    size_t len; /* bytes of TEXT, or how many ITEMS */
    union {
        const char *text;
        int64_t number;
        struct redis_value *items;
    };
};

/*
 * A parser whose replies are struct redis_value in ARENA (borrowed, until the parser is freed). The caller frees it
 * with redisReaderFree() and resets ARENA after each reply.
 */
struct redisReader *redis_value_reader_new(struct redis_arena *arena);

/* Whether VALUE is the text TEXT. */
bool redis_value_is(const struct redis_value *value, const char *text);

#endif
