/* SPDX-License-Identifier: ISC */
/*
 * Token buckets: how many requests each user, or address, may send. Each worker keeps its own. Pure: time is an
 * argument. accounts.h has one set of buckets for each kind of cost.
 */
#ifndef ROLLCALL_API_SHARED_RATE_LIMITS_H
#define ROLLCALL_API_SHARED_RATE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate_limits;

/* How fast a bucket fills, and how much it holds. */
struct rate {
    unsigned units;    /* flow in, evenly, ... */
    unsigned period_s; /* ... in so many seconds */
    unsigned holds;    /* units at most */
};

/* Buckets of RATE for each user, full at first. */
struct rate_limits *rate_limits_new(const struct rate *rate);
/* SELF may be NULL. */
void rate_limits_free(struct rate_limits *self);

/*
 * Takes AMOUNT from USER's bucket at NOW_MS (monotonic) if it has at least one unit; what is missing becomes a debt,
 * to be refilled first. Otherwise takes nothing and returns false, with the seconds until it has one in AFTER_S.
 */
bool rate_limits_take(struct rate_limits *self, const char *user, unsigned amount, int64_t now_ms, unsigned *after_s);

/* Takes AMOUNT in any case: for costs that are known only afterwards. */
void rate_limits_charge(struct rate_limits *self, const char *user, unsigned amount, int64_t now_ms);

/*
 * How ADDRESS (REMOTE_ADDR; may be NULL) is counted, into OUT of SIZE bytes: an IPv4 address by itself, an IPv6
 * address by its network of 64 bits, because one machine can use all addresses of that. False if ADDRESS is not an IP
 * address.
 */
bool rate_limits_address(const char *address, char *out, size_t size);

#endif
