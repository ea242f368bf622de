/* SPDX-License-Identifier: ISC */
/*
 * Any signature, by each algorithm of JWTs: the right one is accepted, and no other. The input is a byte for the
 * algorithm, one for how many bytes are cut off the right signature, the text in a line, and what is laid over the
 * signature bit by bit; what is longer than it makes it longer.
 */
#include "auth/signature.h"
#include "fuzz.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { SIGNATURE_MAX = 1024, RSA_BITS = 2048, ALGORITHMS = 10 };

static const char *const names[ALGORITHMS] = {"HS256", "HS384", "HS512", "RS256", "RS384",
                                              "RS512", "ES256", "ES384", "ES512", "EdDSA"};

/* One for all digests: making one takes long. */
static EVP_PKEY *rsa(void)
{
    static EVP_PKEY *pkey;

    if (!pkey)
        pkey = EVP_RSA_gen(RSA_BITS);
    return pkey;
}

static EVP_PKEY *new_pkey(const struct jwt_algorithm *algorithm)
{
    static const unsigned char secret[] = "0123456789abcdef0123456789abcdef";

    switch (algorithm->family) {
    case JWT_SECRET: return EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, secret, sizeof secret - 1);
    case JWT_RSA: return rsa();
    case JWT_EC:
        return EVP_EC_gen(algorithm->key_bits == 256 ? "P-256" : algorithm->key_bits == 384 ? "P-384" : "P-521");
    default: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    }
}

/* The key of algorithm I. It has the private half too, which verifying does not use. */
static const struct key *key_of(unsigned i)
{
    static struct key keys[ALGORITHMS];
    struct key *key = &keys[i];

    if (key->pkey)
        return key;
    key->algorithm = jwt_algorithm_find(names[i]);
    key->digest = key->algorithm->digest ? EVP_get_digestbyname(key->algorithm->digest) : NULL;
    key->pkey = new_pkey(key->algorithm);
    insist(key->pkey, "there is a key");
    return key;
}

/* Turns the signature in OUT, LEN bytes of DER, into r and s of HALF bytes each. */
static size_t to_pair(unsigned char *out, size_t len, int half)
{
    const unsigned char *der = out;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);

    insist(pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half) == half &&
               BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half) == half,
           "a signature has two halves");
    ECDSA_SIG_free(pair);
    return 2 * (size_t)half;
}

/* Signs LEN bytes of TEXT into OUT; how many bytes that takes. */
static size_t sign(const struct key *key, const char *text, size_t len, unsigned char *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = SIGNATURE_MAX;

    insist(context && EVP_DigestSignInit(context, NULL, key->digest, NULL, key->pkey) == 1 &&
               EVP_DigestSign(context, out, &size, (const unsigned char *)text, len) == 1,
           "a text can be signed");
    EVP_MD_CTX_free(context);
    return key->algorithm->family == JWT_EC ? to_pair(out, size, key->algorithm->signature_bytes / 2) : size;
}

/* Cuts CUT bytes off the signature in OUT, of LEN bytes, and lays SIZE bytes of MASK over it; its length then. */
static size_t change(unsigned char *out, size_t len, size_t cut, const uint8_t *mask, size_t size)
{
    len -= cut < len ? cut : len;
    memset(out + len, 0, SIGNATURE_MAX - len);
    for (size_t i = 0; i < size && i < SIGNATURE_MAX; i++)
        out[i] ^= mask[i];
    return size > len ? size < SIGNATURE_MAX ? size : SIGNATURE_MAX : len;
}

static void look(const struct key *key, size_t cut, const uint8_t *data, size_t size)
{
    unsigned char signature[SIGNATURE_MAX] = "";
    unsigned char right[SIGNATURE_MAX] = "";
    const uint8_t *end = memchr(data, '\n', size);
    size_t text_len = end ? (size_t)(end - data) : size;
    char *text = fuzz_text(data, text_len);
    size_t right_len = sign(key, text, text_len, right);
    struct signed_text input = {.text = text, .len = text_len};

    memcpy(signature, right, right_len);
    input.signature_len = change(signature, right_len, cut, end ? end + 1 : data, end ? size - text_len - 1 : 0);
    bool same = input.signature_len == right_len && memcmp(signature, right, right_len) == 0;
    char *exact = fuzz_text(signature, input.signature_len);
    input.signature = (const unsigned char *)exact;
    insist(signature_ok(key, &input) == same, "the right signature is accepted, and no other");
    free(exact);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 2)
        look(key_of(data[0] % ALGORITHMS), data[1], data + 2, size - 2);
    return 0;
}
