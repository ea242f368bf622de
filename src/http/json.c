/* SPDX-License-Identifier: ISC */
/* See json.h. jansson does the reading; what it is lax or generous about is checked before. */
#include "http/json.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http/names.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any body of ours needs: the largest are lists of LIMIT_WATCHED_USERS. */
enum { MAX_VALUES = 2048 };

/* The index behind the string that begins at I; LEN where it does not end. */
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

static bool blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!memchr(" \t\r\n", text[i], 4))
            return false;
    return true;
}

struct json *json_parse(const char *text, size_t len, char *error, size_t size)
{
    json_error_t fault;
    json_t *root;

    if (blank(text, len))
        return (struct json *)json_object();
    if (!json_shape_ok(text, len, MAX_VALUES, error, size))
        return NULL;
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
    if (!root) {
        snprintf(error, size, "Not valid JSON at line %d, column %d: %s.", fault.line, fault.column, fault.text);
        return NULL;
    }
    if (!json_is_object(root)) {
        snprintf(error, size, "The body must be a JSON object, as in {\"session\": \"...\"}.");
        json_decref(root);
        return NULL;
    }
    return (struct json *)root;
}

void json_free(struct json *self)
{
    json_decref((json_t *)self);
}

const char *json_unknown(const struct json *self, const char *list)
{
    json_t *object = (json_t *)self; /* which iterating does not change */

    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        if (!names_has(list, name, strlen(name)))
            return name;
    }
    return NULL;
}

static const json_t *member(const struct json *self, const char *name)
{
    const json_t *value = json_object_get((const json_t *)self, name);

    return value && !json_is_null(value) ? value : NULL;
}

enum json_got json_text(const struct json *self, const char *name, const char **out, size_t *len)
{
    const json_t *value = member(self, name);

    if (!value)
        return JSON_ABSENT;
    if (!json_is_string(value))
        return JSON_WRONG_TYPE;
    *out = json_string_value(value);
    *len = json_string_length(value);
    return JSON_GOT;
}

enum json_got json_int(const struct json *self, const char *name, int64_t *out)
{
    const json_t *value = member(self, name);

    if (!value)
        return JSON_ABSENT;
    if (!json_is_integer(value))
        return JSON_WRONG_TYPE;
    *out = json_integer_value(value);
    return JSON_GOT;
}

enum json_got json_bool(const struct json *self, const char *name, bool *out)
{
    const json_t *value = member(self, name);

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
    const char **texts;

    if (!value)
        return JSON_ABSENT;
    if (!json_is_array(value))
        return JSON_WRONG_TYPE;
    texts = mem_resize(NULL, json_array_size(value) + 1, sizeof *texts);
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
