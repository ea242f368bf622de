/* SPDX-License-Identifier: ISC */
/* See rate_limits.h. */
#include "api/shared/rate_limits.h"

#include "base/mem.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* A full bucket is the same as none: once there are this many, full ones are freed. */
enum { BUCKETS_SWEEP = 10000 };

struct bucket {
    struct table_node node; /* first: by user */
    int64_t level;          /* what was left, of which a unit is unit() ... */
    int64_t at_ms;          /* ... at this time */
    size_t len;
    char user[]; /* len bytes */
};

struct rate_limits {
    struct rate rate;
    struct table buckets; /* owned */
    size_t sweep_at;      /* number of buckets that starts the next sweep */
};

static struct bucket *bucket_from(const struct table_node *node)
{
    return (struct bucket *)(void *)node;
}

static const char *key_of(const struct table_node *node, size_t *len)
{
    const struct bucket *bucket = bucket_from(node);

    *len = bucket->len;
    return bucket->user;
}

struct rate_limits *rate_limits_new(const struct rate *rate)
{
    struct rate_limits *self = mem_new(sizeof *self);

    self->rate = *rate;
    table_init(&self->buckets, key_of);
    self->sweep_at = BUCKETS_SWEEP;
    return self;
}

void rate_limits_free(struct rate_limits *self)
{
    if (!self)
        return;
    table_fini_with_nodes(&self->buckets);
    free(self);
}

/* A unit, so large that what flows in within a millisecond is a whole number. */
static int64_t unit(const struct rate_limits *self)
{
    return INT64_C(1000) * self->rate.period_s;
}

static int64_t full(const struct rate_limits *self)
{
    return self->rate.holds * unit(self);
}

/* Adds what has flowed in since. */
static void refill(const struct rate_limits *self, struct bucket *bucket, int64_t now_ms)
{
    bucket->level += (now_ms - bucket->at_ms) * self->rate.units;
    if (bucket->level > full(self))
        bucket->level = full(self);
    bucket->at_ms = now_ms;
}

static void sweep(struct rate_limits *self, int64_t now_ms)
{
    struct table_node *next;

    for (struct table_node *at = table_take_all(&self->buckets); at; at = next) {
        struct bucket *bucket = bucket_from(at);
        next = at->next;
        refill(self, bucket, now_ms);
        if (bucket->level == full(self))
            free(bucket);
        else
            table_add(&self->buckets, at);
    }
    self->sweep_at = 2 * self->buckets.count + BUCKETS_SWEEP;
}

static struct bucket *bucket_of(struct rate_limits *self, const char *user, int64_t now_ms)
{
    size_t len = strlen(user);
    struct table_node *known = table_find(&self->buckets, user, len);

    if (known)
        return bucket_from(known);
    if (self->buckets.count >= self->sweep_at)
        sweep(self, now_ms);
    struct bucket *bucket = mem_new(sizeof *bucket + len);
    bucket->len = len;
    memcpy(bucket->user, user, len);
    bucket->level = full(self);
    bucket->at_ms = now_ms;
    table_add(&self->buckets, &bucket->node);
    return bucket;
}

/* In how many seconds, rounded up, BUCKET has a unit again. */
static unsigned seconds_left(const struct rate_limits *self, const struct bucket *bucket)
{
    int64_t a_second = INT64_C(1000) * self->rate.units;

    return (unsigned)((unit(self) - bucket->level + a_second - 1) / a_second);
}

bool rate_limits_take(struct rate_limits *self, const char *user, unsigned amount, int64_t now_ms, unsigned *after_s)
{
    struct bucket *bucket = bucket_of(self, user, now_ms);

    refill(self, bucket, now_ms);
    if (bucket->level >= unit(self)) {
        bucket->level -= amount * unit(self);
        return true;
    }
    *after_s = seconds_left(self, bucket);
    return false;
}

void rate_limits_charge(struct rate_limits *self, const char *user, unsigned amount, int64_t now_ms)
{
    struct bucket *bucket = bucket_of(self, user, now_ms);

    refill(self, bucket, now_ms);
    bucket->level -= amount * unit(self);
}

bool rate_limits_address(const char *address, char *out, size_t size)
{
    struct in6_addr six;
    struct in_addr four;

    if (!address)
        return false;
    if (inet_pton(AF_INET, address, &four) == 1)
        return inet_ntop(AF_INET, &four, out, (socklen_t)size);
    if (inet_pton(AF_INET6, address, &six) != 1)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&six))
        return inet_ntop(AF_INET, &six.s6_addr[12], out, (socklen_t)size);
    memset(&six.s6_addr[8], 0, 8);
    return inet_ntop(AF_INET6, &six, out, (socklen_t)size);
}
