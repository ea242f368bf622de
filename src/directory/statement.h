/* SPDX-License-Identifier: ISC */
/*
 * Prepared statements. One is bound, stepped and reset within one call: a statement left open would hold its snapshot,
 * and the WAL could not be checkpointed past it. Every function takes NULL for a statement that could not be made;
 * stepping it then tells why.
 */
#ifndef ROLLCALL_DIRECTORY_STATEMENT_H
#define ROLLCALL_DIRECTORY_STATEMENT_H

#include "directory/db.h"

/* Statement WHICH, made from SQL at first use, to be bound and stepped; NULL if it cannot be made. */
struct sqlite3_stmt *statement_use(struct db *db, enum statement which, const char *sql);

/* Binds TEXT (NULL: SQL's NULL), BYTES or VALUE to parameter INDEX, from 1. Borrowed until statement_done(). */
void statement_text(struct sqlite3_stmt *stmt, int index, const char *text);
void statement_blob(struct sqlite3_stmt *stmt, int index, const void *bytes, size_t len);
void statement_int(struct sqlite3_stmt *stmt, int index, int64_t value);

/* The next row: OK; NOT_FOUND if there is none. */
enum directory_result statement_step(struct db *db, struct sqlite3_stmt *stmt);

/* The text in column INDEX, valid until the next step: NULL if it is not text, is not valid UTF-8 or holds a NUL. */
const char *statement_column(struct sqlite3_stmt *stmt, int index);
/* The number in column INDEX. */
int64_t statement_column_int(struct sqlite3_stmt *stmt, int index);
/* Whether column INDEX is NULL. */
bool statement_column_null(struct sqlite3_stmt *stmt, int index);

/* Ends the use of STMT: nothing of it stays open. */
void statement_done(struct sqlite3_stmt *stmt);

/* A complete use of a statement that answers nothing: OK, NOT_FOUND if no row was changed, or what went wrong. */
enum directory_result statement_run(struct db *db, struct sqlite3_stmt *stmt);

/* A complete use of one that answers one number. */
enum directory_result statement_number(struct db *db, struct sqlite3_stmt *stmt, int64_t *number);

/* A complete use of SQL that answers one number and is not kept. */
enum directory_result statement_number_once(struct db *db, const char *sql, int64_t *number);

/* Where the rows of a statement go. */
struct row_reader {
    /* Takes a row. False if its text may not be passed on: it does not count, and is logged as one of WHAT. */
    bool (*on_row)(void *ctx, struct sqlite3_stmt *stmt);
    void *ctx;
    const char *what; /* what the rows are, in the plural */
    size_t left;      /* rows that are still wanted; ON_ROW may set it to 0 */
};

/*
 * A complete use of a statement that answers rows: gives them to READER while it wants more. OK, even without any row.
 */
enum directory_result statement_each(struct db *db, struct sqlite3_stmt *stmt, struct row_reader *reader);

#endif
