/* SPDX-License-Identifier: ISC */
/*
 * Unpadded base64url (RFC 4648, section 5), strictly: each sequence of bytes has exactly one text. A lax reader would
 * accept several texts for the same signature, or stop in the middle.
 */
#ifndef ROLLCALL_AUTH_BASE64URL_H
#define ROLLCALL_AUTH_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes LEN characters of TEXT to OUT, of at least 3 * LEN / 4 bytes, and sets OUT_LEN. False if TEXT is not exactly
 * what an encoder makes: another character, padding, a length or last bits that no encoder leaves.
 */
bool base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len);

#endif
