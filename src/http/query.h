/* SPDX-License-Identifier: ISC */
/*
 * The query of a request target, as forms write it: name=value separated by &, percent-encoded, with '+' for a space.
 */
#ifndef ROLLCALL_HTTP_QUERY_H
#define ROLLCALL_HTTP_QUERY_H

#include <stddef.h>

struct query {
    char *text; /* owned: the decoded names and values, NUL-ended */
    struct query_pair {
        const char *name; /* into text */
        const char *value;
        size_t name_len;
        size_t value_len;
    } * pairs; /* owned */
    size_t count;
};

enum query_result {
    QUERY_OK,
    QUERY_TOO_LONG, /* over LIMIT_QUERY_BYTES or LIMIT_QUERY_PAIRS */
    QUERY_BAD_ESCAPE,
};

/* Decodes QUERY_STRING (may be NULL). Call query_fini() in any case; the pairs are valid only if QUERY_OK. */
enum query_result query_init(struct query *query, const char *query_string);
void query_fini(struct query *query);

/*
 * The value of the pair called NAME, with its length in LEN (may be NULL); NULL if there is none. Of several, the
 * last.
 */
const char *query_get(const struct query *query, const char *name, size_t *len);

#endif
