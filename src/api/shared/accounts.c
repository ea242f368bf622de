/* SPDX-License-Identifier: ISC */
/* See accounts.h. */
#include "api/shared/accounts.h"

#include "api/shared/rate_limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct accounts {
    struct rate_limits *of[COST_KINDS]; /* owned; NULL for a kind without a limit */
};

struct accounts *accounts_new(unsigned rate_limit)
{
    const unsigned per_second[COST_KINDS] = {
        [COST_BEAT] = rate_limit, [COST_LEAVE] = rate_limit,  [COST_WORK] = rate_limit * COSTS_WORK,
        [COST_SEAT] = rate_limit, [COST_NOBODY] = rate_limit, [COST_VERIFY] = COSTS_VERIFY_US,
    };

    if (rate_limit == 0)
        return NULL;
    struct accounts *self = mem_new(sizeof *self);
    for (size_t i = 0; i < COST_KINDS; i++)
        self->of[i] = per_second[i] > 0 ? rate_limits_new(per_second[i]) : NULL;
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
