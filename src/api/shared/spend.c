/* SPDX-License-Identifier: ISC */
/* See spend.h. */
#include "api/shared/spend.h"

#include "api/shared/service.h"
#include "base/clock.h"

bool spend_or_refuse(struct exchange *exchange, enum cost cost, unsigned amount)
{
    struct service *self = service_of(exchange);
    const struct charge charge = {cost, exchange->caller.user, amount};
    struct problem_extra extra = {0};

    if (accounts_take(self->accounts, &charge, clock_mono_ms(), &extra.after_s))
        return true;
    self->metrics->rate_limited_total++;
    exchange_problem_with(exchange, PROBLEM_RATE_LIMITED, &extra,
                          "You have sent more requests than the server allows. Wait as long as Retry-After says.");
    return false;
}

void spend_anyway(struct exchange *exchange, enum cost cost, size_t amount)
{
    const struct charge charge = {cost, exchange->caller.user, (unsigned)amount};

    if (!exchange->caller.admin)
        accounts_charge(service_of(exchange)->accounts, &charge, clock_mono_ms());
}
