/* SPDX-License-Identifier: ISC */
/* See users.h. */
#include "api/shared/users.h"

#include <stdlib.h>
#include <string.h>

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t users_sort_unique(const char **users, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(users, count, sizeof *users, by_bytes);
    for (size_t i = 0; i < count; i++) {
        const char *user = users[i];
        if (kept > 0 && strcmp(users[kept - 1], user) == 0)
            continue;
        users[i] = users[kept];
        users[kept++] = user;
    }
    return kept;
}
