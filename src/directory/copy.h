/* SPDX-License-Identifier: ISC */
/*
 * The copy of the record that this database is: the one connection that writes to its tables if there is a record. Rows
 * come as the record's log has them, with all that triggers and foreign keys did there, so both are off here. Each
 * change is one transaction together with how far the log was followed: a copy is always as the record was at a commit.
 */
#ifndef ROLLCALL_DIRECTORY_COPY_H
#define ROLLCALL_DIRECTORY_COPY_H

#include "directory/tables.h"

struct copy;

enum { COPY_ID_BYTES = 40 };

/* Up to where a copy has followed a record. */
struct copy_place {
    char record[COPY_ID_BYTES]; /* "": the database is no copy */
    char tag[COPY_ID_BYTES];
    int64_t position;
};

/* Opens the database at PATH, which has this binary's schema. NULL with a sentence in ERROR (of SIZE bytes). */
struct copy *copy_open(const char *path, char *error, size_t size);

/* Closes and frees SELF, which may be NULL. */
void copy_close(struct copy *self);

/* Commits are counted at COUNTER, memory of DIRECTORY_SHARED_BYTES, which is borrowed. */
void copy_share(struct copy *self, void *counter);

/* The tables of the database. Valid until copy_close(). */
const struct tables *copy_tables(const struct copy *self);

/* What went wrong last, a sentence; valid until the next call. */
const char *copy_error(const struct copy *self);

/* The database that it is; for copy_changes.c. Valid until copy_close(). */
struct db *copy_db(struct copy *self);

/* Whether DB is a copy of a record: one that is complete, though perhaps behind. */
enum directory_result copy_is_in(struct db *db, bool *is_copy);

/* Reads how far it has followed. */
enum directory_result copy_read_place(struct copy *self, struct copy_place *place);

/* Makes DB, in its transaction, the copy that has come to PLACE. */
enum directory_result copy_write_place(struct db *db, const struct copy_place *place);

/* Begins a change. BUSY: another process makes one. Unless it fails, copy_end() is to follow. */
enum directory_result copy_begin(struct copy *self);

/* Inside a change: removes all rows. */
enum directory_result copy_clear(struct copy *self);

/* Inside a change: inserts or updates rows of TABLE, a JSON array, or deletes them. */
enum directory_result copy_put(struct copy *self, const struct db_table *table, const char *rows);
enum directory_result copy_delete(struct copy *self, const struct db_table *table, const char *rows);

/* Inside a change: whether ROW, of a workspace, as JSON, counts conversations on from what the copy has of it. */
bool copy_is_count(struct copy *self, const char *row);

/* Inside a change: no token gets an id up to LAST any more. */
enum directory_result copy_reserve_tokens(struct copy *self, int64_t last);

/* Ends a change: commits it with PLACE if RESULT is OK, otherwise rolls back. Returns RESULT, or why it failed. */
enum directory_result copy_end(struct copy *self, enum directory_result result, const struct copy_place *place);

#endif
