/* SPDX-License-Identifier: ISC */
/* When a delivery that failed is tried again. Pure. */
#ifndef ROLLCALL_HOOKS_HOOK_RETRY_H
#define ROLLCALL_HOOKS_HOOK_RETRY_H

#include <stdint.h>

enum {
    HOOK_SPREAD = 401,          /* what SPREAD is below: so receivers that are back are not met by all at once */
    HOOK_RETRY_AFTER_S = 86400, /* the longest wait that a receiver can ask for */
};

/*
 * How long to wait after failure number ATTEMPT (from 1): 1, 5, 30 s, 2, 10, 30 min, then an hour, each 20 % less to 20
 * % more as SPREAD says, a number from 0 to HOOK_SPREAD - 1. Not less than RETRY_AFTER_S, what the receiver asked for.
 */
int64_t hook_retry_ms(int64_t attempt, int64_t retry_after_s, uint32_t spread);

#endif
