/* SPDX-License-Identifier: ISC */
/* See service.h. What requests take from their caller's account. */
#include "api/shared/service.h"

#include "base/clock.h"

bool service_spend(struct exchange *exchange, enum cost cost, unsigned amount)
{
    struct service *self = service_of(exchange);
    unsigned after_s;

    if (costs_take(self->costs, cost, exchange->caller.user, amount, clock_mono_ms(), &after_s))
        return true;
    self->metrics->rate_limited_total++;
    exchange_problem_as(exchange, PROBLEM_RATE_LIMITED, after_s, NULL, NULL,
                        "You ask for more than the server allows; wait as Retry-After says.");
    return false;
}

void service_charge(struct exchange *exchange, enum cost cost, size_t amount)
{
    if (!exchange->caller.admin)
        costs_charge(service_of(exchange)->costs, cost, exchange->caller.user, (unsigned)amount, clock_mono_ms());
}
