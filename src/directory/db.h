/* SPDX-License-Identifier: ISC */
/*
 * The open database: its handle, its files, what goes wrong with it, and the time it may cost. Everything in directory/
 * builds on this; it knows no tables.
 */
#ifndef ROLLCALL_DIRECTORY_DB_H
#define ROLLCALL_DIRECTORY_DB_H

#include "directory/db_file.h"
#include "directory/result.h"
#include "directory/statement_list.h"

#include <stdint.h>

struct db;
struct sqlite3;
struct sqlite3_stmt;

enum {
    DB_BUSY_MS = 500,           /* how long a call waits for another writer; the loop stands still meanwhile */
    DB_BUSY_SHARE = 20,         /* and all calls together wait no longer than one part in so many of the time */
    DB_BUSY_LOOK_MS = 50,       /* what counts of that between two looks, which are 5 ms apart */
    DB_BUSY_OPENING_MS = 10000, /* how long opening waits: others may be migrating or recovering */
    DB_FILES_CHECK_MS = 1000,   /* how often the file is looked for at its path */
    DB_ERROR_BYTES = 768,
};

/* What transactions pass, if writes go elsewhere: see transaction.h. */
struct db_gate {
    enum directory_result (*begin)(void *ctx, struct db *db);
    enum directory_result (*end)(void *ctx, struct db *db, enum directory_result result);
    void *ctx;
};

struct db {
    char *path;                                       /* owned */
    struct sqlite3 *handle;                           /* owned */
    struct sqlite3_stmt *statements[STATEMENT_COUNT]; /* owned; NULL: not used yet */

    struct db_file file;      /* the one that was opened */
    struct db_file wal;       /* the WAL beside it, which stays the same while it is open */
    bool files_known;         /* the two above are set */
    bool displaced;           /* another file, or none, is at either path now */
    int64_t now_ms;           /* monotonic time at the start of this call */
    int64_t files_checked_ms; /* when DISPLACED was found out */

    int64_t waiting_since_ms; /* of this call, monotonic as all times here */
    int64_t waits_until_ms;   /* until when the time that was waited is made up for: DB_BUSY_SHARE times as long */
    bool impatient;           /* this call waits for nobody */

    _Atomic uint64_t own_commits;
    _Atomic uint64_t *commits;  /* counts commits: OWN_COMMITS, or borrowed: the page that all workers share */
    const struct db_gate *gate; /* borrowed; NULL: transactions end here */
    char error[DB_ERROR_BYTES];
};

/* What every call begins with: notes the time. BROKEN if the file is no longer at its path. */
enum directory_result db_ready(struct db *self);

/* Makes the next db_ready() look for the files, whenever they were last looked for. */
void db_check_files_next(struct db *self);

/* What SQLite's result code RC means to callers; writes the sentence of directory_error(). */
enum directory_result db_fail(struct db *self, int rc);

/* The same for a fault that we find ourselves. */
enum directory_result db_broken(struct db *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs SQL that answers nothing. */
enum directory_result db_execute(struct db *self, const char *sql);

/* The path of the WAL: beside the file that a symbolic link leads to. Valid until db_close(). */
const char *db_wal_path(const struct db *self);

/* Closes it and frees what SELF holds; opening may have failed. */
void db_close(struct db *self);

#endif
