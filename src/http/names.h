/* SPDX-License-Identifier: ISC */
/*
 * Which names a query or a JSON body may have. A list is one text, its names separated by spaces: "limit after
 * user*". A name with a star may occur more than once. A name that is not on the list is refused, not ignored: it may
 * be a misspelt one, without which the request means something else.
 */
#ifndef ROLLCALL_HTTP_NAMES_H
#define ROLLCALL_HTTP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* True if NAME of LEN bytes is on LIST. */
bool names_has(const char *list, const char *name, size_t len);

/* True if NAME of LEN bytes is on LIST with a star. */
bool names_has_many(const char *list, const char *name, size_t len);

/* A name that is not on its list. All borrowed. */
struct names_unknown {
    const char *list;
    const char *where; /* what has it: "query", "body" */
    const char *name;  /* len bytes, whatever they are */
    size_t len;
};

/*
 * Writes a sentence about UNKNOWN into OUT of SIZE bytes: which name was probably meant, or which are known. The
 * sentence is valid UTF-8, whatever the name is.
 */
void names_refuse(const struct names_unknown *unknown, char *out, size_t size);

#endif
