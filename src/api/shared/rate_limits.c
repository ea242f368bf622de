/* SPDX-License-Identifier: ISC */
/* See rate_limits.h. */
#include "api/shared/rate_limits.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* A full bucket is the same as none: once there are this many, full ones are freed. */
enum { BUCKETS_SWEEP = 10000 };

struct bucket {
    int64_t level; /* what was left, of which a unit is unit() ... */
    int64_t at_ms; /* ... at this time */
    UT_hash_handle hh;
    char user[];
};

struct rate_limits {
    struct rate rate;
    struct bucket *buckets; /* owned hash by user */
    unsigned sweep_at;      /* number of buckets that starts the next sweep */
};

struct rate_limits *rate_limits_new(const struct rate *rate)
{
    struct rate_limits *self = mem_new(sizeof *self);

    self->rate = *rate;
    self->sweep_at = BUCKETS_SWEEP;
    return self;
}

void rate_limits_free(struct rate_limits *self)
{
    struct bucket *bucket;
    struct bucket *next;

    if (!self)
        return;
    HASH_ITER (hh, self->buckets, bucket, next) {
        HASH_DEL(self->buckets, bucket);
        free(bucket);
    }
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
    struct bucket *bucket;
    struct bucket *next;

    HASH_ITER (hh, self->buckets, bucket, next) {
        refill(self, bucket, now_ms);
        if (bucket->level == full(self)) {
            HASH_DEL(self->buckets, bucket);
            free(bucket);
        }
    }
    self->sweep_at = 2 * HASH_COUNT(self->buckets) + BUCKETS_SWEEP;
}

static struct bucket *bucket_of(struct rate_limits *self, const char *user, int64_t now_ms)
{
    struct bucket *bucket;
    size_t len = strlen(user);

    HASH_FIND(hh, self->buckets, user, len, bucket);
    if (bucket)
        return bucket;
    if (HASH_COUNT(self->buckets) >= self->sweep_at)
        sweep(self, now_ms);
    bucket = mem_new(sizeof *bucket + len + 1);
    strcpy(bucket->user, user);
    bucket->level = full(self);
    bucket->at_ms = now_ms;
    HASH_ADD_KEYPTR(hh, self->buckets, bucket->user, len, bucket);
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
