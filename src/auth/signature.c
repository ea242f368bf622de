/* SPDX-License-Identifier: ISC */
/* See signature.h. */
#include "auth/signature.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

enum { DER_MAX = 256 }; /* an ECDSA signature: the largest of ours takes 139 bytes */

static bool secret_ok(EVP_MD_CTX *context, const struct key *key, const struct signed_text *input)
{
    unsigned char right[EVP_MAX_MD_SIZE];
    size_t right_len = sizeof right;
    return EVP_DigestSignInit(context, NULL, key->digest, NULL, key->pkey) == 1 &&
           EVP_DigestSign(context, right, &right_len, (const unsigned char *)input->text, input->len) == 1 &&
           right_len == input->signature_len && CRYPTO_memcmp(right, input->signature, right_len) == 0;
}

/* Turns r and s, of equal length, into the form that libcrypto takes. Returns its length, or 0. */
static size_t encode_der(const struct signed_text *input, unsigned char der[DER_MAX])
{
    size_t half = input->signature_len / 2;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(input->signature, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(input->signature + half, (int)half, NULL);
    int len = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        len = i2d_ECDSA_SIG(pair, NULL);
        len = len > 0 && len <= DER_MAX ? i2d_ECDSA_SIG(pair, &der) : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

static bool public_ok(EVP_MD_CTX *context, const struct key *key, const struct signed_text *input)
{
    unsigned char der[DER_MAX];
    const unsigned char *signature = input->signature;
    size_t len = input->signature_len;
    if (key->algorithm->family == JWT_EC) {
        len = encode_der(input, der);
        signature = der;
    }
    return len > 0 && EVP_DigestVerifyInit(context, NULL, key->digest, NULL, key->pkey) == 1 &&
           EVP_DigestVerify(context, signature, len, (const unsigned char *)input->text, input->len) == 1;
}

bool signature_ok(const struct key *key, const struct signed_text *input)
{
    const struct jwt_algorithm *algorithm = key->algorithm;
    if (algorithm->signature_bytes != 0 && input->signature_len != (size_t)algorithm->signature_bytes)
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        context && (algorithm->family == JWT_SECRET ? secret_ok(context, key, input) : public_ok(context, key, input));
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}
