/* SPDX-License-Identifier: ISC */
/* See accounts.h. */
#include "api/shared/accounts.h"

#include "api/shared/rate_limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct accounts {
    struct rate_limits *of[COST_KINDS]; /* owned; NULL for a kind without a limit */
};

/* Two seconds' worth at once. */
static struct rate a_second(unsigned units)
{
    return (struct rate){units, 1, 2 * units};
}

/* A minute's worth at once. */
static struct rate a_minute(unsigned units)
{
    return (struct rate){units, 60, units};
}

struct accounts *accounts_new(unsigned rate_limit)
{
    const struct rate rates[COST_KINDS] = {
        [COST_BEAT] = a_second(rate_limit),
        [COST_LEAVE] = a_second(rate_limit),
        [COST_WORK] = a_second(rate_limit * COSTS_WORK),
        [COST_SEAT] = a_second(rate_limit),
        [COST_OWN_STATUS] = a_minute(COSTS_OWN_STATUS),
        [COST_CLAIM] = a_minute(COSTS_CLAIM),
        [COST_PLACE] = a_second(COSTS_PLACE),
        [COST_NOBODY] = a_second(rate_limit),
        [COST_VERIFY] = a_second(COSTS_VERIFY_US),
    };

    if (rate_limit == 0)
        return NULL;
    struct accounts *self = mem_new(sizeof *self);
    for (size_t i = 0; i < COST_KINDS; i++)
        self->of[i] = rates[i].units > 0 ? rate_limits_new(&rates[i]) : NULL;
    return self;
}

void accounts_free(struct accounts *self)
{
    for (size_t i = 0; self && i < COST_KINDS; i++)
        rate_limits_free(self->of[i]);
    free(self);
}

bool accounts_take(struct accounts *self, const struct charge *charge, int64_t now_ms, unsigned *after_s)
{
    unsigned ignored;

    return !self || !self->of[charge->cost] ||
           rate_limits_take(self->of[charge->cost], charge->who, charge->amount, now_ms, after_s ? after_s : &ignored);
}

void accounts_charge(struct accounts *self, const struct charge *charge, int64_t now_ms)
{
    if (self && self->of[charge->cost])
        rate_limits_charge(self->of[charge->cost], charge->who, charge->amount, now_ms);
}
