/* SPDX-License-Identifier: ISC */
/*
 * UTF-8 as RFC 3629 defines it: whether text is valid, and its code points one by one. What a code point is good for
 * is in base/unicode.h. Pure functions.
 */
#ifndef ROLLCALL_BASE_UTF8_H
#define ROLLCALL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether LEN bytes of TEXT are valid: no overlong form, no surrogate, nothing above U+10FFFF. NUL is valid. */
bool utf8_ok(const char *text, size_t len);

/* How many of the first LEN bytes of TEXT are valid in this way: LEN, or where the first character is that is not. */
size_t utf8_valid_len(const char *text, size_t len);

/* The code point at TEXT, which must be valid. SIZE is set to its length in bytes, 1 to 4. */
unsigned utf8_next(const char *text, size_t *size);

#endif
