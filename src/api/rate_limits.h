/* SPDX-License-Identifier: ISC */
/* How often each user may ask: a token bucket a user, kept by each worker for itself. Pure: time is an argument. */
#ifndef ROLLCALL_API_RATE_LIMITS_H
#define ROLLCALL_API_RATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct rate_limits;

/* PER_SECOND requests a user, twice that in a burst. */
struct rate_limits *rate_limits_new(unsigned per_second);
void rate_limits_free(struct rate_limits *self);

/* Takes one of USER's at NOW_MS (monotonic): false where there is none left, AFTER_S then saying in how many seconds one is. */
bool rate_limits_take(struct rate_limits *self, const char *user, int64_t now_ms, unsigned *after_s);

#endif
