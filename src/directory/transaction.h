/* SPDX-License-Identifier: ISC */
/* Write transactions. Each commit is counted, so that others know that there is something to read. */
#ifndef ROLLCALL_DIRECTORY_TRANSACTION_H
#define ROLLCALL_DIRECTORY_TRANSACTION_H

#include "directory/db.h"

/*
 * Begins one, in which nobody else writes. The files are looked for first, whenever that was done before. If DB has a
 * gate, that begins it, and the next call ends it. BROKEN if it has none and is a copy of a record.
 */
enum directory_result transaction_begin(struct db *db);

/* Commits if RESULT is OK or CREATED, else rolls back. Returns RESULT, or why it could not be committed. */
enum directory_result transaction_end(struct db *db, enum directory_result result);

/* The same in this database alone, whether or not it has a gate. */
enum directory_result transaction_begin_here(struct db *db);
enum directory_result transaction_end_here(struct db *db, enum directory_result result);

#endif
