/* SPDX-License-Identifier: ISC */
/*
 * How long something took, counted in buckets. A plain struct without pointers: zeroed memory is an empty histogram,
 * it can be copied by assignment and can lie in shared memory. Only one process may write to it.
 */
#ifndef ROLLCALL_BASE_HISTOGRAM_H
#define ROLLCALL_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 8 };

struct histogram {
    unsigned long bucket[HISTOGRAM_BUCKETS]; /* each without those below; the last holds all above the highest bound */
    unsigned long count;
    uint64_t sum_us;
};

/* Counts US microseconds. Less than 0, as after a clock that went back, counts as 0. */
void histogram_add(struct histogram *self, int64_t us);

/* Adds all that MORE has counted. */
void histogram_merge(struct histogram *self, const struct histogram *more);

/*
 * The longest time that bucket I holds, in microseconds. I is below HISTOGRAM_BUCKETS - 1, since the last has no
 * bound.
 */
unsigned histogram_bound_us(size_t i);

#endif
