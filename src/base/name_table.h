/* SPDX-License-Identifier: ISC */
/* The names of an enum's values, as files and databases have them: an array indexed by the value. Pure functions. */
#ifndef ROLLCALL_BASE_NAME_TABLE_H
#define ROLLCALL_BASE_NAME_TABLE_H

#include <stddef.h>

/* The value that is called NAME (LEN bytes), of the COUNT in NAMES, some of which may be NULL; COUNT if none is. */
size_t name_table_find(const char *const *names, size_t count, const char *name, size_t len);

#endif
