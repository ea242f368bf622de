/* SPDX-License-Identifier: ISC */
/* See utf8.h. */
#include "base/utf8.h"

/* How many bytes a character takes whose first byte is LEAD; 0 if no character may begin with it. */
static size_t character_size(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2) /* a continuation byte, or two bytes for what fits into one */
        return 0;
    if (lead < 0xe0)
        return 2;
    if (lead < 0xf0)
        return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* The second byte decides what the first cannot rule out: overlong forms, surrogates, beyond U+10FFFF (RFC 3629, 4). */
static bool second_ok(unsigned char lead, unsigned char second)
{
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

/* Whether a character of SIZE bytes, which are there, is valid at P. */
static bool character_ok(const unsigned char *p, size_t size)
{
    if (size > 1 && !second_ok(p[0], p[1]))
        return false;
    for (size_t i = 2; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return false;
    }
    return size > 0;
}

size_t utf8_valid_len(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + len;
    while (p < end) {
        size_t size = character_size(*p);
        if (size > (size_t)(end - p) || !character_ok(p, size))
            break;
        p += size;
    }
    return len - (size_t)(end - p);
}

bool utf8_ok(const char *text, size_t len)
{
    return utf8_valid_len(text, len) == len;
}

unsigned utf8_next(const char *text, size_t *size)
{
    const unsigned char *p = (const unsigned char *)text;
    *size = character_size(p[0]);
    switch (*size) {
    case 2: return (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU);
    case 3: return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
    case 4: return (p[0] & 0x07U) << 18 | (p[1] & 0x3fU) << 12 | (p[2] & 0x3fU) << 6 | (p[3] & 0x3fU);
    default: *size = 1; return p[0];
    }
}
