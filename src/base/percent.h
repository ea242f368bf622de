/* SPDX-License-Identifier: ISC */
/* Percent-encoding (RFC 3986, section 2), undone. Pure. */
#ifndef ROLLCALL_BASE_PERCENT_H
#define ROLLCALL_BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes LEN bytes of TEXT into OUT (of LEN + 1 bytes; it may be TEXT) and ends it with a NUL; with PLUS a '+'
 * becomes a space. Returns the length, or -1 for a bad escape.
 */
long percent_decode(const char *text, size_t len, bool plus, char *out);

/*
 * Decodes LEN bytes of TEXT into OUT (of LEN bytes; it may be TEXT) as Apache does: escaped slashes stay as they are,
 * and so do bad escapes. Returns the length; no NUL is added.
 */
size_t percent_decode_but_slashes(const char *text, size_t len, char *out);

#endif
