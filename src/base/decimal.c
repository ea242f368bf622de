/* SPDX-License-Identifier: ISC */
/* See decimal.h. */
#include "base/decimal.h"

#include <string.h>

/* The two digits of each number below 100. */
static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

size_t decimal_write(char *out, int64_t value)
{
    char digits[DECIMAL_MAX];
    char *at = digits + sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (; left >= 100; left /= 100) {
        at -= 2;
        memcpy(at, pairs + 2 * (left % 100), 2);
    }
    *--at = (char)('0' + left % 10);
    if (left >= 10)
        *--at = (char)('0' + left / 10);
    if (value < 0)
        *--at = '-';
    size_t len = (size_t)(digits + sizeof digits - at);
    memcpy(out, at, len);
    return len;
}
