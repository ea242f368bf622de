/* SPDX-License-Identifier: ISC */
/* SHA-256, with the algorithm fetched once: each fetch costs more than the hash of a credential. */
#ifndef ROLLCALL_AUTH_SHA256_H
#define ROLLCALL_AUTH_SHA256_H

#include <openssl/evp.h>
#include <stddef.h>

enum { SHA256_BYTES = 32 };

struct sha256 {
    EVP_MD *digest;      /* owned */
    EVP_MD_CTX *context; /* owned */
};

/* Fetches the algorithm; aborts if libcrypto has none. End with sha256_fini(). */
void sha256_init(struct sha256 *self);
void sha256_fini(struct sha256 *self);

/* Writes the hash of LEN bytes of TEXT to HASH, of SHA256_BYTES. */
void sha256_hash(const struct sha256 *self, const char *text, size_t len, unsigned char *hash);

#endif
