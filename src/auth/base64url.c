/* SPDX-License-Identifier: ISC */
/* See base64url.h. */
#include "auth/base64url.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

bool base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
    unsigned pending = 0; /* bits that were read and not written yet */
    unsigned count = 0;   /* how many those are */
    *out_len = 0;
    for (size_t i = 0; i < len; i++) {
        int value = value_of(text[i]);
        if (value < 0)
            return false;
        pending = (pending << 6 | (unsigned)value) & 0xfff;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        out[(*out_len)++] = (unsigned char)(pending >> count);
    }
    /* A character that adds no byte says nothing; the bits after the last byte must be zero. */
    return count < 6 && (pending & ((1u << count) - 1)) == 0;
}
