/* SPDX-License-Identifier: ISC */
/* See name_table.h. */
#include "base/name_table.h"

#include <string.h>

size_t name_table_find(const char *const *names, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] && strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    }
    return count;
}
