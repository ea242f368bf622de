/* SPDX-License-Identifier: ISC */
/* See decimal.h. */
#include "base/decimal.h"

enum { DIGITS_MAX = 19 }; /* of any int64_t */

static size_t digits_of(uint64_t value)
{
    size_t digits = 1;
    for (uint64_t more = 10; digits < DIGITS_MAX && value >= more; more *= 10)
        digits++;
    return digits;
}

size_t decimal_write(char *out, int64_t value)
{
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t len = digits_of(left) + (value < 0 ? 1 : 0);
    char *at = out + len;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        *out = '-';
    return len;
}
