/* SPDX-License-Identifier: ISC */
/*
 * See json.h. jansson does the reading; what it would let through, or spend memory on, is checked before. Most bodies
 * are so simple that json_flat.c reads them, at a tenth of the cost.
 */
#include "http/json.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http/json_flat.h"
#include "http/names.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any body of ours needs: the largest are lists of LIMIT_WATCHED_USERS. */
enum { MAX_VALUES = 2048 };

struct json {
    json_t *root; /* NULL: it is flat */
    struct json_flat flat;
};

/* The index after the string that begins at I; LEN if it does not end. */
static size_t skip_string(const char *text, size_t len, size_t i)
{
    for (i++; i < len && text[i] != '"'; i++)
        i += text[i] == '\\';
    return i < len ? i : len;
}

bool json_shape_ok(const char *text, size_t len, size_t max_values, char *error, size_t size)
{
    size_t depth = 0;
    size_t values = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '"')
            i = skip_string(text, len, i);
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
        values += c == ',' || c == '[' || c == '{' || c == ':';
        if (depth > LIMIT_JSON_DEPTH) {
            snprintf(error, size, "The JSON is nested deeper than %d levels.", LIMIT_JSON_DEPTH);
            return false;
        }
        if (values > max_values) {
            snprintf(error, size, "The JSON has more than %zu values.", max_values);
            return false;
        }
    }
    return true;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes the byte order mark from the start of *TEXT, which Windows programs put there. */
static void pass_mark(const char **text, size_t *len)
{
    if (*len < 3 || memcmp(*text, "\xef\xbb\xbf", 3) != 0)
        return;
    *text += 3;
    *len -= 3;
}

bool json_blank(const char *text, size_t len)
{
    pass_mark(&text, &len);
    for (size_t i = 0; i < len; i++)
        if (!is_white(text[i]))
            return false;
    return true;
}

/* The index after the first object of TEXT; LEN if none ends. */
static size_t skip_object(const char *text, size_t len)
{
    size_t depth = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            i = skip_string(text, len, i);
        else if (text[i] == '{')
            depth++;
        else if (text[i] == '}' && depth > 0 && --depth == 0)
            return i + 1;
    }
    return len;
}

bool json_goes_on(const char *text, size_t len)
{
    size_t at = skip_object(text, len);

    while (at < len && is_white(text[at]))
        at++;
    return at < len && text[at] == '{';
}

/* Two bytes per character, as PowerShell writes files: the mark at the start tells. */
static bool is_utf16(const char *text, size_t len)
{
    return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static void describe(const json_error_t *fault, char *error, size_t size)
{
    if (fault->line > 1)
        snprintf(error, size, "Invalid JSON at line %d, column %d: %s.", fault->line, fault->column, fault->text);
    else
        snprintf(error, size, "Invalid JSON at column %d: %s.", fault->column, fault->text);
}

/* The object in TEXT, for which jansson is needed. */
static json_t *parse(const char *text, size_t len, char *error, size_t size)
{
    json_error_t fault;

    if (json_blank(text, len))
        return json_object();
    if (is_utf16(text, len)) {
        snprintf(error, size, "The JSON is encoded in UTF-16. Send it in UTF-8.");
        return NULL;
    }
    pass_mark(&text, &len);
    if (!json_shape_ok(text, len, MAX_VALUES, error, size))
        return NULL;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
    if (!root) {
        describe(&fault, error, size);
        return NULL;
    }
    if (!json_is_object(root)) {
        snprintf(error, size, "The JSON must be an object, as in {\"name\": \"...\"}.");
        json_decref(root);
        return NULL;
    }
    return root;
}

struct json *json_parse(const char *text, size_t len, char *error, size_t size)
{
    struct json *self = mem_resize(NULL, 1, sizeof *self);

    self->root = NULL;
    if (json_flat_read(&self->flat, text, len))
        return self;
    self->flat.count = 0;
    self->root = parse(text, len, error, size);
    if (self->root)
        return self;
    free(self);
    return NULL;
}

void json_free(struct json *self)
{
    if (!self)
        return;
    json_decref(self->root);
    free(self);
}

const char *json_unknown(const struct json *self, const char *list)
{
    for (size_t i = 0; i < self->flat.count; i++) {
        const char *name = self->flat.members[i].name;
        if (!names_has(list, name, strlen(name)))
            return name;
    }
    for (void *at = json_object_iter(self->root); at; at = json_object_iter_next(self->root, at)) {
        const char *name = json_object_iter_key(at);
        if (!names_has(list, name, strlen(name)))
            return name;
    }
    return NULL;
}

/* The member NAME of what is not flat. */
static const json_t *member(const struct json *self, const char *name)
{
    const json_t *value = json_object_get(self->root, name);

    return value && !json_is_null(value) ? value : NULL;
}

enum json_got json_text(const struct json *self, const char *name, const char **out, size_t *len)
{
    const struct json_flat_member *flat = json_flat_find(&self->flat, name);
    const json_t *value = member(self, name);

    if (flat && flat->text) {
        *out = flat->text;
        *len = flat->len;
        return JSON_GOT;
    }
    if (flat)
        return JSON_WRONG_TYPE;
    if (!value)
        return JSON_ABSENT;
    if (!json_is_string(value))
        return JSON_WRONG_TYPE;
    *out = json_string_value(value);
    *len = json_string_length(value);
    return JSON_GOT;
}

/* Beyond 2^53 a double may stand for a neighbour of what was written. */
static bool is_whole(double number)
{
    return number >= -9007199254740992.0 && number <= 9007199254740992.0 && (double)(int64_t)number == number;
}

enum json_got json_int(const struct json *self, const char *name, int64_t *out)
{
    const struct json_flat_member *flat = json_flat_find(&self->flat, name);
    const json_t *value = member(self, name);
    double real = json_real_value(value); /* 0 for another type */

    if (flat && !flat->text) {
        *out = flat->number;
        return JSON_GOT;
    }
    if (flat)
        return JSON_WRONG_TYPE;
    if (!value)
        return JSON_ABSENT;
    if (json_is_real(value) && is_whole(real))
        *out = (int64_t)real;
    else if (json_is_integer(value))
        *out = json_integer_value(value);
    else
        return JSON_WRONG_TYPE;
    return JSON_GOT;
}

enum json_got json_bool(const struct json *self, const char *name, bool *out)
{
    const json_t *value = member(self, name);

    if (json_flat_find(&self->flat, name))
        return JSON_WRONG_TYPE;
    if (!value)
        return JSON_ABSENT;
    if (!json_is_boolean(value))
        return JSON_WRONG_TYPE;
    *out = json_is_true(value);
    return JSON_GOT;
}

enum json_got json_texts(const struct json *self, const char *name, const char ***out, size_t *count)
{
    const json_t *value = member(self, name);

    if (json_flat_find(&self->flat, name))
        return JSON_WRONG_TYPE;
    if (!value)
        return JSON_ABSENT;
    if (!json_is_array(value))
        return JSON_WRONG_TYPE;
    const char **texts = mem_resize(NULL, json_array_size(value) + 1, sizeof *texts);
    for (size_t i = 0; i < json_array_size(value); i++) {
        texts[i] = json_string_value(json_array_get(value, i));
        if (!texts[i]) {
            free(texts);
            return JSON_WRONG_TYPE;
        }
    }
    *out = texts;
    *count = json_array_size(value);
    return JSON_GOT;
}
