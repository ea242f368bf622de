/* SPDX-License-Identifier: ISC */
/* See hook_signature.h. */
#include "auth/hook_signature.h"

#include "base/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { KEY_MIN = 24, KEY_MAX = 64, KEY_TEXT_MAX = BASE64_TEXT_BYTES(KEY_MAX) - 1, HASH_BYTES = 32 };

/* The bytes of SECRET into KEY; returns how many, or 0. */
static size_t read_key(const char *secret, unsigned char key[KEY_TEXT_MAX])
{
    static const char start[] = "whsec_";
    if (strncmp(secret, start, sizeof start - 1) != 0)
        return 0;
    const char *text = secret + sizeof start - 1;
    size_t len = strlen(text);
    size_t bytes = 0;
    if (len > KEY_TEXT_MAX || !base64_decode(text, len, key, &bytes))
        return 0;
    return bytes >= KEY_MIN && bytes <= KEY_MAX ? bytes : 0;
}

bool hook_signature(const char *secret, const char *text, size_t len, char *out)
{
    unsigned char key[KEY_TEXT_MAX], hash[HASH_BYTES];
    size_t bytes = read_key(secret, key);
    bool ok = bytes > 0 && HMAC(EVP_sha256(), key, (int)bytes, (const unsigned char *)text, len, hash, NULL);
    OPENSSL_cleanse(key, sizeof key);
    if (!ok)
        return false;
    memcpy(out, "v1,", 3);
    base64_encode(hash, HASH_BYTES, out + 3);
    return true;
}
