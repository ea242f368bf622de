/* SPDX-License-Identifier: ISC */
/* The names of an enum's values, as files and databases have them: an array indexed by the value. Pure functions. */
#ifndef ROLLCALL_BASE_NAME_TABLE_H
#define ROLLCALL_BASE_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The value that is called NAME, of the COUNT in NAMES, some of which may be NULL; COUNT if none is. */
size_t name_table_find(const char *const *names, size_t count, const char *name);

/*
 * Defines FUNCTION, which sets OUT to the value of TYPE that is called so in the array NAMES, or leaves it and
 * returns false.
 */
#define NAME_TABLE_PARSER(function, type, names)                                                                       \
    bool function(const char *name, type *out)                                                                         \
    {                                                                                                                  \
        size_t count = sizeof(names) / sizeof *(names);                                                                \
        size_t found = name_table_find(names, count, name);                                                            \
        if (found < count)                                                                                             \
            *out = (type)found;                                                                                        \
        return found < count;                                                                                          \
    }

#endif
