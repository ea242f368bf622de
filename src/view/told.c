/* SPDX-License-Identifier: ISC */
/* See told.h. */
#include "view/told.h"

#include <string.h>

enum {
    DIGIT_BITS = 6,
    DIGITS = 4,      /* of a mark, */
    LONG_DIGITS = 9, /* or of one that does not fit into these, behind a 0 */
};

/* base64url (RFC 4648, section 5): what cursors are made of. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Reads COUNT digits at *AT, which moves past them. */
static bool parse_digits(const char **at, const char *end, int count, uint64_t *out)
{
    *out = 0;
    if (end - *at < count)
        return false;
    for (const char *stop = *at + count; *at < stop; (*at)++) {
        const char *digit = **at ? strchr(alphabet, **at) : NULL;
        if (!digit)
            return false;
        *out = *out << DIGIT_BITS | (uint64_t)(digit - alphabet);
    }
    return true;
}

static bool is_long(uint64_t mark)
{
    return mark >> (DIGITS * DIGIT_BITS) > 0;
}

static bool parse_place(const char **at, const char *end, uint64_t *mark)
{
    if (!parse_digits(at, end, DIGITS, mark))
        return false;
    return *mark > 0 || (parse_digits(at, end, LONG_DIGITS, mark) && is_long(*mark));
}

static bool parse_told(const char **at, const char *end, struct told *told)
{
    return parse_place(at, end, &told->place) && parse_digits(at, end, DIGITS, &told->set) && told->set > 0;
}

bool told_parse(struct told_list *self, const char *text, size_t len)
{
    const char *end = text + len;
    self->count = 0;
    while (text < end) {
        if (self->count == TOLD_MAX || !parse_told(&text, end, &self->list[self->count])) {
            self->count = 0;
            return false;
        }
        self->count++;
    }
    return true;
}

static char *format_digits(uint64_t mark, int count, char *out)
{
    while (count-- > 0)
        *out++ = alphabet[mark >> (count * DIGIT_BITS) & 63];
    return out;
}

static char *format_place(uint64_t mark, char *out)
{
    if (!is_long(mark))
        return format_digits(mark, DIGITS, out);
    return format_digits(mark, LONG_DIGITS, format_digits(0, DIGITS, out));
}

size_t told_format(const struct told_list *self, char *out)
{
    char *at = out;
    for (size_t i = 0; i < self->count; i++)
        at = format_digits(self->list[i].set, DIGITS, format_place(self->list[i].place, at));
    *at = '\0';
    return (size_t)(at - out);
}

uint32_t told_of(const struct told_list *self, uint64_t place)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->list[i].place == place)
            return (uint32_t)self->list[i].set;
    }
    return 0;
}

void told_add(struct told_list *self, uint64_t place, uint64_t set)
{
    if (set > 0 && self->count < TOLD_MAX)
        self->list[self->count++] = (struct told){place, set};
}

bool told_is_same(const struct told_list *a, const struct told_list *b)
{
    return a->count == b->count && memcmp(a->list, b->list, a->count * sizeof *a->list) == 0;
}
