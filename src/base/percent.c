/* SPDX-License-Identifier: ISC */
/* See percent.h. */
#include "base/percent.h"

#include <string.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape at TEXT, of LEN bytes, stands for; -1 for a bad one. */
static int escaped(const char *text, size_t len)
{
    int high = len > 2 ? hex(text[1]) : -1;
    int low = len > 2 ? hex(text[2]) : -1;

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Copies what is before the first escape, of LEN bytes, to OUT; returns how much. */
static size_t copy_plain(const char *text, size_t len, char *out)
{
    const char *escape = memchr(text, '%', len);
    size_t plain = escape ? (size_t)(escape - text) : len;

    memmove(out, text, plain);
    return plain;
}

long percent_decode(const char *text, size_t len, bool plus, char *out)
{
    size_t plain = plus ? 0 : copy_plain(text, len, out);
    char *to = out + plain;

    for (size_t i = plain; i < len; i++) {
        if (text[i] != '%') {
            *to++ = plus && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        int byte = escaped(text + i, len - i);
        if (byte < 0)
            return -1;
        *to++ = (char)byte;
        i += 2;
    }
    *to = '\0';
    return to - out;
}

size_t percent_decode_but_slashes(const char *text, size_t len, char *out)
{
    char *to = out;

    for (size_t i = 0; i < len; i++) {
        int byte = text[i] == '%' ? escaped(text + i, len - i) : -1;

        if (byte < 0 || byte == '/') {
            *to++ = text[i];
        } else {
            *to++ = (char)byte;
            i += 2;
        }
    }
    return (size_t)(to - out);
}
