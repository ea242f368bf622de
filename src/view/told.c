/* SPDX-License-Identifier: ISC */
/* See told.h. */
#include "view/told.h"

#include <string.h>

enum { DIGITS = 4, DIGIT_BITS = 6 };

/* base64url (RFC 4648, section 5): what cursors are made of. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool parse_mark(const char *text, uint32_t *mark)
{
    *mark = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!digit)
            return false;
        *mark = *mark << DIGIT_BITS | (uint32_t)(digit - alphabet);
    }
    return *mark > 0;
}

static char *format_mark(uint32_t mark, char *out)
{
    for (int i = DIGITS - 1; i >= 0; i--)
        *out++ = alphabet[mark >> (i * DIGIT_BITS) & 63];
    return out;
}

bool told_parse(struct told_list *self, const char *text, size_t len)
{
    self->count = 0;
    if (len > TOLD_TEXT_MAX || len % (2 * DIGITS) != 0)
        return false;
    for (size_t at = 0; at < len; at += (size_t)(2 * DIGITS)) {
        struct told *told = &self->list[self->count++];
        if (!parse_mark(text + at, &told->place) || !parse_mark(text + at + DIGITS, &told->set)) {
            self->count = 0;
            return false;
        }
    }
    return true;
}

size_t told_format(const struct told_list *self, char *out)
{
    char *at = out;
    for (size_t i = 0; i < self->count; i++)
        at = format_mark(self->list[i].set, format_mark(self->list[i].place, at));
    *at = '\0';
    return (size_t)(at - out);
}

uint32_t told_of(const struct told_list *self, uint32_t place)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->list[i].place == place)
            return self->list[i].set;
    }
    return 0;
}

void told_add(struct told_list *self, uint32_t place, uint32_t set)
{
    if (set > 0 && self->count < TOLD_MAX)
        self->list[self->count++] = (struct told){place, set};
}

bool told_is_same(const struct told_list *a, const struct told_list *b)
{
    return a->count == b->count && memcmp(a->list, b->list, a->count * sizeof *a->list) == 0;
}
