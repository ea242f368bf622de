/* SPDX-License-Identifier: ISC */
/* What a request takes from its caller's accounts: see costs.h for the kinds and accounts.h for the accounts. */
#ifndef ROLLCALL_API_SHARED_SPEND_H
#define ROLLCALL_API_SHARED_SPEND_H

#include "api/shared/costs.h"
#include "http/exchange.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes AMOUNT of COST from the caller's account. If nothing is left on it, replies 429 and returns false. An AMOUNT
 * of 0 only asks.
 */
bool spend_or_refuse(struct exchange *exchange, enum cost cost, unsigned amount);

/* Takes AMOUNT of COST in any case, for what has been done already. Administrators' requests are free. */
void spend_anyway(struct exchange *exchange, enum cost cost, size_t amount);

#endif
