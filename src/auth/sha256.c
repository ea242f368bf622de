/* SPDX-License-Identifier: ISC */
/* See sha256.h. */
#include "auth/sha256.h"

#include <stdlib.h>

void sha256_init(struct sha256 *self)
{
    self->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    self->context = EVP_MD_CTX_new();
    if (!self->digest || !self->context)
        abort();
}

void sha256_fini(struct sha256 *self)
{
    EVP_MD_CTX_free(self->context);
    EVP_MD_free(self->digest);
}

void sha256_hash(const struct sha256 *self, const char *text, size_t len, unsigned char *hash)
{
    if (EVP_DigestInit_ex(self->context, self->digest, NULL) != 1 || EVP_DigestUpdate(self->context, text, len) != 1 ||
        EVP_DigestFinal_ex(self->context, hash, NULL) != 1)
        abort();
}
