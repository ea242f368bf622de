/* SPDX-License-Identifier: ISC */
/*
 * How often each user, or address, may ask: a token bucket for each, kept by each worker for itself. Pure: time is an
 * argument.
 */
#ifndef ROLLCALL_API_RATE_LIMITS_H
#define ROLLCALL_API_RATE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate_limits;

/* PER_SECOND requests a user, twice that in a burst. */
struct rate_limits *rate_limits_new(unsigned per_second);
void rate_limits_free(struct rate_limits *self);

/* Takes one of USER's at NOW_MS (monotonic): false where there is none left, AFTER_S then saying in how many seconds one is. */
bool rate_limits_take(struct rate_limits *self, const char *user, int64_t now_ms, unsigned *after_s);

/*
 * Whom ADDRESS (REMOTE_ADDR; may be NULL) counts as, into OUT (of SIZE bytes): an IPv4 address itself, of an IPv6 address the
 * network of 64 bits, as one machine has as many of the rest as it likes. False where it is no address.
 */
bool rate_limits_address(const char *address, char *out, size_t size);

#endif
