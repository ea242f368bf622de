/* SPDX-License-Identifier: ISC */
/*
 * Unpadded base64url, strictly: one text for one row of bytes. A lax reader would take several texts for the same
 * signature, or stop in the middle.
 */
#include "auth/auth_private.h"

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
    unsigned pending = 0; /* bits read and not yet written, of which there are COUNT */
    unsigned count = 0;
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
    /* One character more than whole bytes need says nothing; the bits after the last byte are none of the message. */
    return count < 6 && (pending & ((1u << count) - 1)) == 0;
}
