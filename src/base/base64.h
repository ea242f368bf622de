/* SPDX-License-Identifier: ISC */
/*
 * Base64 (RFC 4648): with padding (section 4), and unpadded base64url (section 5), which JWTs use. Both are read
 * strictly: each sequence of bytes has exactly one text. A lax reader would accept several texts for the same
 * signature, or stop in the middle. Pure.
 */
#ifndef ROLLCALL_BASE_BASE64_H
#define ROLLCALL_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the text of LEN bytes takes, with its NUL. */
#define BASE64_TEXT_BYTES(len) (((len) + 2) / 3 * 4 + 1)

/* Writes LEN bytes as text with a NUL to OUT, which has BASE64_TEXT_BYTES(LEN). Returns the length of the text. */
size_t base64_encode(const void *bytes, size_t len, char *out);

/*
 * Decodes LEN characters of TEXT to OUT, of at least 3 * LEN / 4 bytes, and sets OUT_LEN. False if TEXT is not exactly
 * what an encoder makes: another character, wrong padding, a length or last bits that no encoder leaves.
 */
bool base64_decode(const char *text, size_t len, unsigned char *out, size_t *out_len);
bool base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len);

#endif
