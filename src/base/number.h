/* SPDX-License-Identifier: ISC */
/* The lesser of two numbers, and a number kept within bounds. C has macros for that at best. */
#ifndef ROLLCALL_BASE_NUMBER_H
#define ROLLCALL_BASE_NUMBER_H

#include <stdint.h>

/* The lesser of A and B. */
static inline int64_t number_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* VALUE, or MIN if it is less, or MAX if it is more. */
static inline int64_t number_within(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : number_least(value, max);
}

#endif
