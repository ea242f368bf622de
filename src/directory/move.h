/* SPDX-License-Identifier: ISC */
/*
 * Moving a directory to an empty record, and back to a database of its own. Both wait and log how far they are, and are
 * for when no rollcalld uses the database.
 */
#ifndef ROLLCALL_DIRECTORY_MOVE_H
#define ROLLCALL_DIRECTORY_MOVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes all that the database at PATH holds to the record at URL, which must be empty, in one transaction, and makes
 * the database a copy of it. ROWS is set to how many they were. False with a sentence in ERROR (of SIZE bytes): nothing
 * was moved.
 */
bool move_to(const char *path, const char *url, size_t *rows, char *error, size_t size);

/* Makes the database at PATH hold what the record at URL does, and no copy of it any more. The record stays. */
bool move_from(const char *path, const char *url, char *error, size_t size);

#endif
