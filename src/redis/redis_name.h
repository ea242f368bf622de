/* SPDX-License-Identifier: ISC */
/*
 * Looks up the addresses of a host name without blocking the loop: getaddrinfo() takes half a minute if a name server
 * does not answer. One lookup at a time; it has no time limit of its own.
 */
#ifndef ROLLCALL_REDIS_NAME_H
#define ROLLCALL_REDIS_NAME_H

#include <event2/event_struct.h>
#include <stddef.h>

enum { REDIS_ADDRESS_MAX = 64, REDIS_ADDRESSES = 8 };

/* IP addresses as text. */
struct redis_addresses {
    char list[REDIS_ADDRESSES][REDIS_ADDRESS_MAX];
    size_t count;
};

/*
 * Called from the loop, or from redis_name_ask() if the lookup cannot even start. WHY is NULL, or says why there is no
 * answer.
 */
typedef void redis_name_fn(void *ctx, const char *why);

struct redis_name {
    struct event_base *base; /* borrowed */
    redis_name_fn *on_answer;
    void *ctx;
    int fd; /* from which the answer comes; -1: no lookup is under way */
    struct event readable;
    struct redis_addresses addresses; /* the last answer; its user sets the count to 0 */
};

/* ON_ANSWER is called with CTX after each lookup. */
void redis_name_init(struct redis_name *self, struct event_base *base, redis_name_fn *on_answer, void *ctx);

/* Looks up HOST, which is copied. If a lookup is still under way its answer is waited for instead. */
void redis_name_ask(struct redis_name *self, const char *host);

/* Ends a lookup that is under way, without an answer. */
void redis_name_fini(struct redis_name *self);

#endif
