/* SPDX-License-Identifier: ISC */
/* See decimal.h. */
#include "base/decimal.h"

#include <string.h>

size_t decimal_write(char *out, int64_t value)
{
    char digits[DECIMAL_MAX];
    char *first = digits + sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--first = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        *--first = '-';
    size_t len = (size_t)(digits + sizeof digits - first);
    memcpy(out, first, len);
    return len;
}
