/* SPDX-License-Identifier: ISC */
/*
 * How much each user, or each address without a valid credential, may make this worker do: an account for each kind
 * of cost in costs.h, which fills evenly. Each worker keeps its own. Pure: time is an argument. spend.h takes from
 * the caller's account what a request costs.
 */
#ifndef ROLLCALL_API_SHARED_ACCOUNTS_H
#define ROLLCALL_API_SHARED_ACCOUNTS_H

#include "api/shared/costs.h"

#include <stdbool.h>
#include <stdint.h>

struct accounts;

/* AMOUNT units of COST, for the account of WHO: a user's id, or an address as rate_limits_address() writes it. */
struct charge {
    enum cost cost;
    const char *who;
    unsigned amount;
};

/*
 * Accounts that hold two seconds' worth of RATE_LIMIT or, of what is counted by the minute, a minute's worth. NULL if
 * RATE_LIMIT is 0: no limits. The functions below accept NULL.
 */
struct accounts *accounts_new(unsigned rate_limit);
void accounts_free(struct accounts *self);

/*
 * Takes CHARGE at NOW_MS (monotonic) if at least one unit is left on the account; what is missing becomes a debt.
 * Otherwise returns false, with the seconds to wait in AFTER_S (may be NULL). An amount of 0 only asks.
 */
bool accounts_take(struct accounts *self, const struct charge *charge, int64_t now_ms, unsigned *after_s);

/* Takes CHARGE in any case: for costs that are known only afterwards. */
void accounts_charge(struct accounts *self, const struct charge *charge, int64_t now_ms);

#endif
