/* SPDX-License-Identifier: ISC */
/* Cursors as text. See cursor.h. */
#include "view/cursor.h"

#include "base/decimal.h"
#include "view/told.h"

#include <string.h>

static bool epoch_char_ok(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/*
 * Reads the decimal number at *AT, which moves past it. False unless it is written as cursor_format() writes it: a
 * cursor has one text only, so that equal cursors are equal as ETags too.
 */
static bool parse_number(const char **at, const char *end, int64_t *out)
{
    const char *p = *at;
    int64_t value = 0;
    while (p < end && *p >= '0' && *p <= '9') {
        int digit = *p++ - '0';
        if (value > (INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (p == *at || (**at == '0' && p - *at > 1))
        return false;
    *at = p;
    *out = value;
    return true;
}

static bool begins(const char *at, const char *end, char kind)
{
    return end - at >= 2 && at[0] == '_' && at[1] == kind;
}

/* Moves *AT past "_t<...>", if it is there. */
static bool skip_told(const char **at, const char *end)
{
    struct told_list told;
    if (!begins(*at, end, 't'))
        return true;
    const char *start = *at + 2;
    *at = end;
    return start < end && told_parse(&told, start, (size_t)(end - start));
}

/* Reads "_m<rev>", if it is there. */
static bool parse_own(const char **at, const char *end, int64_t *rev)
{
    if (!begins(*at, end, 'm'))
        return true;
    *at += 2;
    return parse_number(at, end, rev) && *rev > 0;
}

bool cursor_parse(const char *text, size_t len, struct cursor *cursor)
{
    const char *end = text + len;
    if (len < EPOCH_LEN + 2 || text[EPOCH_LEN] != '-')
        return false;
    for (size_t i = 0; i < EPOCH_LEN; i++) {
        if (!epoch_char_ok(text[i]))
            return false;
    }
    struct cursor read = {.head = 0};
    memcpy(read.epoch, text, EPOCH_LEN);
    const char *at = text + EPOCH_LEN + 1;
    if (!parse_number(&at, end, &read.seq))
        return false;
    if (at < end && *at == '-') {
        at++;
        if (!parse_number(&at, end, &read.head) || read.head == 0)
            return false;
    }
    if (!parse_own(&at, end, &read.own_rev) || !skip_told(&at, end) || at != end)
        return false;
    *cursor = read;
    return true;
}

const char *cursor_told(const char *text, size_t len, size_t *told_len)
{
    const char *at = len > EPOCH_LEN ? memchr(text + EPOCH_LEN, 't', len - EPOCH_LEN) : NULL;
    *told_len = at ? len - (size_t)(at + 1 - text) : 0;
    return at ? at + 1 : text + len;
}

size_t cursor_format(const struct cursor *cursor, char *out)
{
    char *at = stpcpy(out, cursor->epoch);
    *at++ = '-';
    at += decimal_write(at, cursor->seq);
    if (cursor->head > 0) {
        *at++ = '-';
        at += decimal_write(at, cursor->head);
    }
    if (cursor->own_rev > 0) {
        at = stpcpy(at, "_m");
        at += decimal_write(at, cursor->own_rev);
    }
    *at = '\0';
    return (size_t)(at - out);
}
