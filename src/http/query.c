/* SPDX-License-Identifier: ISC */
/* See query.h. */
#include "http/query.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/percent.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How many pairs LEN bytes hold, counting empty ones, up to one more than LIMIT_QUERY_PAIRS. */
static size_t count_pairs(const char *text, size_t len)
{
    size_t n = 1;

    for (size_t i = 0; i < len && n <= LIMIT_QUERY_PAIRS; i++)
        n += text[i] == '&';
    return n;
}

/* Decodes LEN bytes to *TO, which moves past the ending NUL; NULL for a bad escape. */
static const char *decode(const char *text, size_t len, char **to, size_t *out_len)
{
    char *start = *to;
    long n = percent_decode(text, len, true, start);

    if (n < 0)
        return NULL;
    *out_len = (size_t)n;
    *to = start + n + 1;
    return start;
}

/* Adds the pair in LEN bytes of TEXT, decoded to *TO. False for a bad escape. */
static bool add_pair(struct query *query, const char *text, size_t len, char **to)
{
    struct query_pair *pair = &query->pairs[query->count];
    size_t name = strcspn(text, "=&");
    const char *value = name < len ? text + name + 1 : text + len;

    pair->name = decode(text, name, to, &pair->name_len);
    pair->value = decode(value, (size_t)(text + len - value), to, &pair->value_len);
    if (!pair->name || !pair->value)
        return false;
    query->count++;
    return true;
}

enum query_result query_init(struct query *query, const char *query_string)
{
    size_t all = query_string ? strlen(query_string) : 0;
    size_t pairs = count_pairs(query_string, all);

    memset(query, 0, sizeof *query);
    if (all == 0)
        return QUERY_OK;
    if (all > LIMIT_QUERY_BYTES || pairs > LIMIT_QUERY_PAIRS)
        return QUERY_TOO_LONG;
    char *to = query->text = mem_new(2 * all + 2);
    query->pairs = mem_resize(NULL, pairs, sizeof *query->pairs);
    for (const char *at = query_string; *at;) {
        size_t len = strcspn(at, "&");

        if (len > 0 && !add_pair(query, at, len, &to))
            return QUERY_BAD_ESCAPE;
        at += len + (at[len] == '&');
    }
    return QUERY_OK;
}

void query_fini(struct query *query)
{
    free(query->text);
    free(query->pairs);
    memset(query, 0, sizeof *query);
}

const char *query_get(const struct query *query, const char *name, size_t *len)
{
    for (size_t i = query->count; i-- > 0;) {
        const struct query_pair *pair = &query->pairs[i];

        if (strcmp(pair->name, name) == 0) {
            if (len)
                *len = pair->value_len;
            return pair->value;
        }
    }
    return NULL;
}
