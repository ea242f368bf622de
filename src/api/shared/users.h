/* SPDX-License-Identifier: ISC */
/* Arrays of user ids. Pure. */
#ifndef ROLLCALL_API_SHARED_USERS_H
#define ROLLCALL_API_SHARED_USERS_H

#include <stddef.h>

/*
 * Sorts USERS, COUNT of them, by bytes, and puts one of each id first; duplicates follow, in no order. Returns
 * how many come first.
 */
size_t users_sort_unique(const char **users, size_t count);

#endif
