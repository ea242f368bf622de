/* SPDX-License-Identifier: ISC */
/*
 * Last seen: how exactly others are told since when somebody is offline. The time is rounded down to an hour or a day
 * (UTC). The newest two steps are told as one, the earlier: otherwise who asks often would see the step change, and
 * know the time. Pure.
 */
#ifndef ROLLCALL_VIEW_SEEN_H
#define ROLLCALL_VIEW_SEEN_H

#include "directory/policy.h"

#include <stdint.h>

/* SINCE_MS as it is told at NOW_MS (0: not known); 0: it is not told. */
int64_t seen_graded(enum last_seen grade, int64_t since_ms, int64_t now_ms);

/* The stricter of two. */
enum last_seen seen_stricter(enum last_seen a, enum last_seen b);

#endif
