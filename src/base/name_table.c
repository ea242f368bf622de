/* SPDX-License-Identifier: ISC */
/* See name_table.h. */
#include "base/name_table.h"

#include <string.h>

size_t name_table_find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    }
    return count;
}
