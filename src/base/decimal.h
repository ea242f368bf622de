/* SPDX-License-Identifier: ISC */
/* Numbers as decimal text, faster than by snprintf(): each heartbeat has a dozen. */
#ifndef ROLLCALL_BASE_DECIMAL_H
#define ROLLCALL_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_MAX = 20 }; /* the longest, INT64_MIN */

/* Writes VALUE to OUT (DECIMAL_MAX bytes), without a NUL; returns its length. */
size_t decimal_write(char *out, int64_t value);

#endif
