/* SPDX-License-Identifier: ISC */
/* See redis_request.h. */
#include "redis/redis_request.h"

#include "base/mem.h"

#include <stdlib.h>

enum {
    POOL_MAX = 128,          /* requests kept to be used again: more are under way only in a burst */
    POOL_TAIL_MAX = 4 << 10, /* larger buffers are freed */
};

/* ---- lists ---- */

void redis_request_list_init(struct redis_request_list *list)
{
    list->head = NULL;
    list->end = &list->head;
}

void redis_request_list_push(struct redis_request_list *list, struct redis_request *request)
{
    request->next = NULL;
    *list->end = request;
    list->end = &request->next;
}

struct redis_request *redis_request_list_shift(struct redis_request_list *list)
{
    struct redis_request *request = list->head;

    if (!request)
        return NULL;
    list->head = request->next;
    if (!list->head)
        list->end = &list->head;
    return request;
}

void redis_request_list_move(struct redis_request_list *list, struct redis_request_list *from)
{
    if (!from->head)
        return;
    *list->end = from->head;
    list->end = from->end;
    redis_request_list_init(from);
}

/* ---- the pool ---- */

struct redis_request *redis_request_new(struct redis_request_pool *pool)
{
    struct redis_request *request = pool->head;

    if (!request)
        return mem_new(sizeof *request);
    pool->head = request->next;
    pool->count--;
    request->whole = false;
    return request;
}

void redis_request_free(struct redis_request_pool *pool, struct redis_request *request)
{
    if (pool->count >= POOL_MAX || request->tail.capacity > POOL_TAIL_MAX) {
        buf_fini(&request->tail);
        free(request);
        return;
    }
    buf_clear(&request->tail);
    request->next = pool->head;
    pool->head = request;
    pool->count++;
}

void redis_request_pool_fini(struct redis_request_pool *pool)
{
    while (pool->head) {
        struct redis_request *request = pool->head;
        pool->head = request->next;
        buf_fini(&request->tail);
        free(request);
    }
    pool->count = 0;
}
