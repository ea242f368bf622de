/* SPDX-License-Identifier: ISC */
/* See costs.h. */
#include "api/shared/costs.h"

#include "api/shared/rate_limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct costs {
    struct rate_limits *accounts[COST_KINDS]; /* owned; NULL for what costs nothing */
};

struct costs *costs_new(unsigned rate_limit)
{
    const unsigned a_second[COST_KINDS] = {
        [COST_BEAT] = rate_limit, [COST_LEAVE] = rate_limit,  [COST_WORK] = rate_limit * COSTS_WORK,
        [COST_SEAT] = rate_limit, [COST_NOBODY] = rate_limit, [COST_VERIFY] = COSTS_VERIFY_US,
    };
    struct costs *self;

    if (rate_limit == 0)
        return NULL;
    self = mem_new(sizeof *self);
    for (size_t i = 0; i < COST_KINDS; i++)
        self->accounts[i] = a_second[i] > 0 ? rate_limits_new(a_second[i]) : NULL;
    return self;
}

void costs_free(struct costs *self)
{
    for (size_t i = 0; self && i < COST_KINDS; i++)
        rate_limits_free(self->accounts[i]);
    free(self);
}

bool costs_take(struct costs *self, enum cost cost, const char *who, unsigned amount, int64_t now_ms, unsigned *after_s)
{
    unsigned seconds;

    return !self || !self->accounts[cost] ||
           rate_limits_take(self->accounts[cost], who, amount, now_ms, after_s ? after_s : &seconds);
}

void costs_charge(struct costs *self, enum cost cost, const char *who, unsigned amount, int64_t now_ms)
{
    if (self && self->accounts[cost])
        rate_limits_charge(self->accounts[cost], who, amount, now_ms);
}
