/* SPDX-License-Identifier: ISC */
/* See query.h. */
#include "http/query.h"

#include "base/mem.h"
#include "http/path.h"

#include <stdlib.h>
#include <string.h>

static size_t count_pairs(const char *text)
{
    size_t n = 1;

    for (; *text; text++)
        n += *text == '&';
    return n;
}

/* Decodes LEN bytes to *TO, which is moved behind the ending NUL; NULL for a bad escape. */
static const char *decode(const char *text, size_t len, char **to, size_t *out_len)
{
    char *start = *to;
    long n = path_decode(text, len, true, start);

    if (n < 0)
        return NULL;
    *out_len = (size_t)n;
    *to = start + n + 1;
    return start;
}

bool query_init(struct query *query, const char *query_string)
{
    char *to;

    memset(query, 0, sizeof *query);
    if (!query_string || !*query_string)
        return true;
    to = query->text = mem_new(2 * strlen(query_string) + 2);
    query->pairs = mem_resize(NULL, count_pairs(query_string), sizeof *query->pairs);
    for (const char *at = query_string; *at;) {
        size_t len = strcspn(at, "&");
        size_t name = strcspn(at, "=&");
        struct query_pair *pair = &query->pairs[query->count];
        const char *value = name < len ? at + name + 1 : at + len;

        if (len > 0) {
            pair->name = decode(at, name, &to, &pair->name_len);
            pair->value = decode(value, (size_t)(at + len - value), &to, &pair->value_len);
            if (!pair->name || !pair->value)
                return false;
            query->count++;
        }
        at += len + (at[len] == '&');
    }
    return true;
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
