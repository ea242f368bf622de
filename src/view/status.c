/* SPDX-License-Identifier: ISC */
/* Names of statuses and reasons, and cursors as text. See status.h. */
#include "view/status.h"

#include "base/decimal.h"

#include <string.h>

static const char *const status_names[] = {
    [STATUS_OFFLINE] = "offline",
    [STATUS_AWAY] = "away",
    [STATUS_ACTIVE] = "active",
};

static const char *const why_names[] = {
    [WHY_JOIN] = "join",     [WHY_BEAT] = "beat",     [WHY_LEAVE] = "leave",
    [WHY_CLOSED] = "closed", [WHY_LAPSED] = "lapsed", [WHY_REMOVED] = "removed",
};

enum {
    STATUS_COUNT = sizeof status_names / sizeof *status_names,
    WHY_COUNT = sizeof why_names / sizeof *why_names,
};

const char *status_name(enum status status)
{
    return status_names[status];
}

const char *why_name(enum why why)
{
    return why_names[why];
}

/* Which of COUNT NAMES is NAME; COUNT where none is. */
static size_t index_of(const char *const *names, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    }
    return count;
}

bool status_parse(const char *name, size_t len, enum status *out)
{
    size_t found = index_of(status_names, STATUS_COUNT, name, len);
    if (found == STATUS_COUNT)
        return false;
    *out = (enum status)found;
    return true;
}

bool why_parse(const char *name, size_t len, enum why *out)
{
    size_t found = index_of(why_names, WHY_COUNT, name, len);
    if (found == WHY_COUNT)
        return false;
    *out = (enum why)found;
    return true;
}

static bool epoch_char_ok(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/*
 * The decimal number at *AT, which moves past it; false unless it stands as cursor_format() writes it: one text a
 * cursor, so that equal cursors are equal as ETags too.
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
    if (at < end && (*at++ != '-' || !parse_number(&at, end, &read.head) || read.head == 0))
        return false;
    if (at != end)
        return false;
    *cursor = read;
    return true;
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
    *at = '\0';
    return (size_t)(at - out);
}
