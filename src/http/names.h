/* SPDX-License-Identifier: ISC */
/*
 * Which names a query or a JSON body may have. A list is one text, its names parted by spaces: "limit after user*"; one with a
 * star may stand there more than once. What is not on it is refused and not passed over: a name that is misspelt would mean
 * something else than was meant.
 */
#ifndef ROLLCALL_HTTP_NAMES_H
#define ROLLCALL_HTTP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether NAME of LEN bytes is on LIST. */
bool names_has(const char *list, const char *name, size_t len);

/* Whether NAME of LEN bytes is on LIST with a star. */
bool names_has_many(const char *list, const char *name, size_t len);

/* A sentence that says what is wrong with NAME of LEN bytes, which is not on LIST, into OUT of SIZE bytes: which name was
 * probably meant, or which there are. WHERE tells what has it: "query", "body". Valid UTF-8, whatever NAME is. */
void names_refuse(const char *list, const char *where, const char *name, size_t len, char *out, size_t size);

#endif
