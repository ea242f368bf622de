/* SPDX-License-Identifier: ISC */
/* Signatures as JWTs have them (RFC 7518, 3), verified by libcrypto with a key that was parsed before. */
#include "auth/auth_private.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

enum { DER_MAX = 256 }; /* of a curve's signature: the largest of ours takes 139 */

static bool secret_ok(EVP_MD_CTX *context, const struct key *key, const EVP_MD *digest, const char *text, size_t len,
                      const unsigned char *signature, size_t signature_len)
{
    unsigned char right[EVP_MAX_MD_SIZE];
    size_t right_len = sizeof right;
    return EVP_DigestSignInit(context, NULL, digest, NULL, key->pkey) == 1 &&
           EVP_DigestSign(context, right, &right_len, (const unsigned char *)text, len) == 1 &&
           right_len == signature_len && CRYPTO_memcmp(right, signature, right_len) == 0;
}

/* A curve's signature, r and s of equal length, in the form that libcrypto takes; its length, or 0. */
static size_t encode(const struct key *key, const unsigned char *signature, size_t len, unsigned char der[DER_MAX])
{
    size_t half = ((size_t)EVP_PKEY_bits(key->pkey) + 7) / 8;
    if (len != 2 * half)
        return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(signature + half, (int)half, NULL);
    int der_len = 0;
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        der_len = i2d_ECDSA_SIG(pair, NULL);
        der_len = der_len > 0 && der_len <= DER_MAX ? i2d_ECDSA_SIG(pair, &der) : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return der_len > 0 ? (size_t)der_len : 0;
}

static bool public_ok(EVP_MD_CTX *context, const struct key *key, const EVP_MD *digest, const char *text, size_t len,
                      const unsigned char *signature, size_t signature_len)
{
    unsigned char der[DER_MAX];
    if (key->kind == KEY_EC) {
        signature_len = encode(key, signature, signature_len, der);
        signature = der;
    }
    return signature_len > 0 && EVP_DigestVerifyInit(context, NULL, digest, NULL, key->pkey) == 1 &&
           EVP_DigestVerify(context, signature, signature_len, (const unsigned char *)text, len) == 1;
}

bool signature_ok(const struct key *key, const EVP_MD *digest, const char *text, size_t len,
                  const unsigned char *signature, size_t signature_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                (key->kind == KEY_SECRET ? secret_ok(context, key, digest, text, len, signature, signature_len)
                                         : public_ok(context, key, digest, text, len, signature, signature_len));
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}
