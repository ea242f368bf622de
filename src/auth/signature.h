/* SPDX-License-Identifier: ISC */
/* Signatures in the form that JWTs have (RFC 7518, 3), verified by libcrypto with a key that was parsed before. */
#ifndef ROLLCALL_AUTH_SIGNATURE_H
#define ROLLCALL_AUTH_SIGNATURE_H

#include "auth/key.h"

/* A text and its signature. Borrowed. */
struct signed_text {
    const char *text;
    size_t len;
    const unsigned char *signature;
    size_t signature_len;
};

/* Whether INPUT is signed with KEY, by the algorithm of KEY. */
bool signature_ok(const struct key *key, const struct signed_text *input);

#endif
