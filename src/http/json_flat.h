/* SPDX-License-Identifier: ISC */
/*
 * Reads what most bodies are, such as {"session":"...","status":"away"}, without building a tree: a small object of
 * texts without escapes and of whole numbers. It takes nothing that a reader of all JSON would not take, and reads it
 * in the same way. What it does not take may be JSON all the same. Pure.
 */
#ifndef ROLLCALL_HTTP_JSON_FLAT_H
#define ROLLCALL_HTTP_JSON_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_FLAT_MEMBERS = 6, JSON_FLAT_BYTES = 256 };

struct json_flat_member {
    const char *name; /* in the object's text, as is its own */
    const char *text; /* NULL: it is a number */
    size_t len;       /* of the text */
    int64_t number;
};

struct json_flat {
    size_t count;
    struct json_flat_member members[JSON_FLAT_MEMBERS];
    char text[JSON_FLAT_BYTES]; /* what was read, with a NUL at the end of each string */
};

/* Reads LEN bytes of TEXT. False if they are not such an object; then SELF has no meaning. */
bool json_flat_read(struct json_flat *self, const char *text, size_t len);

/* The member NAME, or NULL. */
const struct json_flat_member *json_flat_find(const struct json_flat *self, const char *name);

#endif
