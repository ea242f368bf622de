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

/*
 * Takes AMOUNT of USER's at NOW_MS (monotonic) if one at least is left: more than are left are a debt that has to
 * flow in first. False, with nothing taken, if there is not; AFTER_S then says in how many seconds there is.
 */
bool rate_limits_take(struct rate_limits *self, const char *user, unsigned amount, int64_t now_ms, unsigned *after_s);

/* Takes AMOUNT in any case: for what is known only once it is done. */
void rate_limits_charge(struct rate_limits *self, const char *user, unsigned amount, int64_t now_ms);

/*
 * Whom ADDRESS (REMOTE_ADDR; may be NULL) counts as, into OUT (of SIZE bytes): an IPv4 address itself, of an IPv6
 * address the network of 64 bits, as one machine has as many of the rest as it likes. False where it is no address.
 */
bool rate_limits_address(const char *address, char *out, size_t size);

#endif
