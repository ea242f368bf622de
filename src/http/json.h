/* SPDX-License-Identifier: ISC */
/*
 * Reads JSON bodies strictly (RFC 8259): valid UTF-8, no duplicate names, no NUL in a string, nesting of at most
 * LIMIT_JSON_DEPTH and a bounded number of values. Anything else is refused before memory is spent on it. A byte
 * order mark at the start is ignored (8.1). Numbers that matter are whole, however they are written: 10, 10.0, 1e1.
 * Only json.c uses jansson.
 */
#ifndef ROLLCALL_HTTP_JSON_H
#define ROLLCALL_HTTP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json; /* a parsed object */

/* True if LEN bytes of TEXT are nothing but white space, perhaps after a byte order mark. */
bool json_blank(const char *text, size_t len);

/* True if another object begins after the first one in LEN bytes of TEXT. */
bool json_goes_on(const char *text, size_t len);

/*
 * The object in LEN bytes of TEXT; an empty text (or white space alone) is the empty object. NULL, with a sentence in
 * ERROR (of SIZE bytes), if it is not an object. Freed with json_free(), which takes NULL.
 */
struct json *json_parse(const char *text, size_t len, char *error, size_t size);
void json_free(struct json *self);

/* The name of a member that is not on LIST (http/names.h), borrowed from SELF; NULL if there is none. */
const char *json_unknown(const struct json *self, const char *list);

enum json_got { JSON_ABSENT, JSON_GOT, JSON_WRONG_TYPE };

/*
 * The member NAME as a text, a whole number, a truth value. null counts as absent. OUT is set if JSON_GOT; texts are
 * borrowed from SELF, NUL-ended, without NULs inside.
 */
enum json_got json_text(const struct json *self, const char *name, const char **out, size_t *len);
enum json_got json_int(const struct json *self, const char *name, int64_t *out);
enum json_got json_bool(const struct json *self, const char *name, bool *out);

/* An array of texts: COUNT of them; *OUT is heap memory that the caller frees, the texts are borrowed. */
enum json_got json_texts(const struct json *self, const char *name, const char ***out, size_t *count);

/*
 * What json_parse() begins with: walks the text without memory. False, with a sentence in ERROR (of SIZE bytes), if
 * it is nested deeper than LIMIT_JSON_DEPTH or has more than MAX_VALUES values. Pure.
 */
bool json_shape_ok(const char *text, size_t len, size_t max_values, char *error, size_t size);

#endif
