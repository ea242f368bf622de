/* SPDX-License-Identifier: ISC */
/* See json_flat.h. AT is where the reader is, in a text that ends with a NUL; no function goes beyond that. */
#include "http/json_flat.h"

#include <string.h>

enum { DIGITS_MAX = 15 }; /* below 2^53: whole, for those who read it as a double too */

static void pass_white(char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n')
        (*at)++;
}

/* Passes C and the white space around it. */
static bool take(char **at, char c)
{
    pass_white(at);
    if (**at != c)
        return false;
    (*at)++;
    pass_white(at);
    return true;
}

/* A string of printable ASCII. Its closing quote becomes a NUL. */
static bool take_string(char **at, const char **out, size_t *len)
{
    char *start = *at + 1;
    char *end = start;

    if (**at != '"')
        return false;
    while (*end >= ' ' && *end <= '~' && *end != '"' && *end != '\\')
        end++;
    if (*end != '"')
        return false;
    *end = '\0';
    *out = start;
    *len = (size_t)(end - start);
    *at = end + 1;
    return true;
}

static bool take_number(char **at, int64_t *out)
{
    char *start = *at;

    *out = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (*at - start == DIGITS_MAX)
            return false;
        *out = *out * 10 + (**at - '0');
    }
    size_t digits = (size_t)(*at - start);
    return digits > 0 && (digits == 1 || *start != '0');
}

static bool take_member(struct json_flat *self, char **at)
{
    struct json_flat_member *member = &self->members[self->count];
    size_t name_len;

    if (self->count == JSON_FLAT_MEMBERS || !take_string(at, &member->name, &name_len) ||
        json_flat_find(self, member->name) || !take(at, ':'))
        return false;
    member->text = NULL;
    self->count++;
    return **at == '"' ? take_string(at, &member->text, &member->len) : take_number(at, &member->number);
}

bool json_flat_read(struct json_flat *self, const char *text, size_t len)
{
    char *at = self->text;

    if (len == 0 || len >= sizeof self->text)
        return false;
    memcpy(self->text, text, len);
    self->text[len] = '\0';
    self->count = 0;
    if (!take(&at, '{'))
        return false;
    do {
        if (!take_member(self, &at))
            return false;
    } while (take(&at, ','));
    return take(&at, '}') && at == self->text + len;
}

const struct json_flat_member *json_flat_find(const struct json_flat *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->members[i].name, name) == 0)
            return &self->members[i];
    return NULL;
}
