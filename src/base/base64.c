/* SPDX-License-Identifier: ISC */
/* See base64.h. */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(const void *bytes, size_t len, char *out)
{
    const unsigned char *from = bytes;
    char *at = out;
    for (size_t i = 0; i < len; i += 3) {
        unsigned group = (unsigned)from[i] << 16;
        if (i + 1 < len)
            group |= (unsigned)from[i + 1] << 8;
        if (i + 2 < len)
            group |= from[i + 2];
        *at++ = alphabet[group >> 18];
        *at++ = alphabet[group >> 12 & 63];
        *at++ = i + 1 < len ? alphabet[group >> 6 & 63] : '=';
        *at++ = i + 2 < len ? alphabet[group & 63] : '=';
    }
    *at = '\0';
    return (size_t)(at - out);
}

/* What is decoded. */
struct letters {
    const char *start;
    size_t len;
    const char *last; /* the two letters that the alphabets do not share */
};

static int value_of(char c, const char *last)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == last[0])
        return 62;
    return c == last[1] ? 63 : -1;
}

/* Text without padding. */
static bool decode(const struct letters *text, unsigned char *out, size_t *out_len)
{
    unsigned pending = 0; /* bits that were read and not written yet */
    unsigned count = 0;   /* how many those are */
    *out_len = 0;
    for (size_t i = 0; i < text->len; i++) {
        int value = value_of(text->start[i], text->last);
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

bool base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
    return decode(&(struct letters){text, len, "-_"}, out, out_len);
}

/* How many of the last characters are padding. */
static size_t padding_of(const char *text, size_t len)
{
    size_t count = 0;
    while (count < 2 && count < len && text[len - 1 - count] == '=')
        count++;
    return count;
}

bool base64_decode(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
    *out_len = 0;
    return len % 4 == 0 && decode(&(struct letters){text, len - padding_of(text, len), "+/"}, out, out_len);
}
