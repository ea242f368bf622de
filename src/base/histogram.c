/* SPDX-License-Identifier: ISC */
/* See histogram.h. */
#include "base/histogram.h"

#include <assert.h>

static const unsigned bounds_us[HISTOGRAM_BUCKETS - 1] = {250, 500, 1000, 2500, 10000, 100000, 1000000};

void histogram_add(struct histogram *self, int64_t us)
{
    size_t i = 0;
    while (i < HISTOGRAM_BUCKETS - 1 && us > bounds_us[i])
        i++;
    self->bucket[i]++;
    self->count++;
    self->sum_us += us > 0 ? (uint64_t)us : 0;
}

void histogram_merge(struct histogram *self, const struct histogram *more)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        self->bucket[i] += more->bucket[i];
    self->count += more->count;
    self->sum_us += more->sum_us;
}

unsigned histogram_bound_us(size_t i)
{
    assert(i < HISTOGRAM_BUCKETS - 1);
    return bounds_us[i];
}
