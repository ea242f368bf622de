/* SPDX-License-Identifier: ISC */
/*
 * One command to Redis and what to do with its reply. Every request is answered exactly once: with the reply, or with
 * NULL if none will come. Requests come from a pool, so that a call needs no allocation.
 */
#ifndef ROLLCALL_REDIS_REQUEST_H
#define ROLLCALL_REDIS_REQUEST_H

#include "base/buf.h"
#include "redis/redis.h"

#include <stdbool.h>

struct redis_request;

/*
 * Gets the REPLY to REQUEST, or NULL if none will come. It owns REQUEST from then on: it gives it back with
 * redis_request_free(), or sends it again.
 */
typedef void redis_on_reply_fn(struct redis *self, struct redis_request *request, const struct redis_value *reply);

struct redis_request {
    struct redis_request *next; /* in a list or in the pool */
    redis_on_reply_fn *on_reply;
    int64_t sent_us; /* when it was given to its connection */
    size_t index;    /* of the script, or the step of the handshake */
    union {
        redis_reply_fn *done;
        void (*subscribed)(void *ctx, enum redis_result result);
    };
    void *ctx;
    struct buf tail;   /* a script's keys and arguments as sent; a channel's name */
    size_t words;      /* of the whole command */
    bool whole;        /* the script was sent as text */
    uint8_t partition; /* in a cluster */
};

struct redis_request_list {
    struct redis_request *head;
    struct redis_request **end;
};

/* Makes LIST empty. */
void redis_request_list_init(struct redis_request_list *list);

/* Puts REQUEST at the end of LIST, which owns it from then on. */
void redis_request_list_push(struct redis_request_list *list, struct redis_request *request);

/* Takes the first request, which is the caller's from then on; NULL if LIST is empty. */
struct redis_request *redis_request_list_shift(struct redis_request_list *list);

/* Moves all requests of FROM to the end of LIST. */
void redis_request_list_move(struct redis_request_list *list, struct redis_request_list *from);

/* Requests that can be used again. Zeroed memory is an empty pool. */
struct redis_request_pool {
    struct redis_request *head; /* owned */
    size_t count;
};

/*
 * A request with an empty tail, to be given back with redis_request_free(). The caller sets everything else that it
 * uses.
 */
struct redis_request *redis_request_new(struct redis_request_pool *pool);

/* Gives REQUEST back to POOL, or frees it if the pool has enough or its tail is large. */
void redis_request_free(struct redis_request_pool *pool, struct redis_request *request);

/* Frees the requests in POOL. */
void redis_request_pool_fini(struct redis_request_pool *pool);

#endif
