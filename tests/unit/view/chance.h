/* SPDX-License-Identifier: ISC */
/* Chance for tests, from a seed: the same each time. */
#ifndef ROLLCALL_TESTS_CHANCE_H
#define ROLLCALL_TESTS_CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state; /* the seed, not 0 */
};

/* xorshift64: one of BOUND numbers from 0. */
static inline unsigned pick(struct chance *chance, unsigned bound)
{
    uint64_t x = chance->state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    chance->state = x;
    return (unsigned)(x >> 32) % bound;
}

#endif
