/* SPDX-License-Identifier: ISC */
/*
 * A reply of Redis, or an element of one, to read. Every function takes NULL and a value of another type than
 * expected, since what a server sends is not to be trusted: it then returns what stands for "nothing".
 */
#ifndef ROLLCALL_REDIS_VALUE_H
#define ROLLCALL_REDIS_VALUE_H

#include <stddef.h>
#include <stdint.h>

struct redis_value; /* valid only during the callback that gets it */

enum redis_type { REDIS_TYPE_NONE, REDIS_TYPE_TEXT, REDIS_TYPE_INT, REDIS_TYPE_LIST };

/* The type of VALUE; REDIS_TYPE_NONE for a null reply, an error, and NULL. */
enum redis_type redis_value_type(const struct redis_value *value);

/*
 * The bytes of a text (NUL-ended, may hold NULs), with their length in LEN (may be NULL); NULL and 0 if it is not a
 * text.
 */
const char *redis_value_text(const struct redis_value *value, size_t *len);

/* The number of an integer, or of a text that is a decimal number; OTHERWISE if it is neither. */
int64_t redis_value_int(const struct redis_value *value, int64_t otherwise);

/* The number of elements of a list; 0 if it is not a list. */
size_t redis_value_count(const struct redis_value *value);

/* Element INDEX of a list; NULL if it has no such element or is not a list. */
const struct redis_value *redis_value_at(const struct redis_value *value, size_t index);

#endif
