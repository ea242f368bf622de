/* SPDX-License-Identifier: ISC */
/* Numbers as decimal text, where snprintf() would take longer than the rest: in every heartbeat are a dozen. */
#ifndef ROLLCALL_BASE_DECIMAL_H
#define ROLLCALL_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_MAX = 20 }; /* the longest: INT64_MIN */

/* VALUE's text at OUT, not NUL-ended; returns its length. */
size_t decimal_write(char *out, int64_t value);

#endif
