/* SPDX-License-Identifier: ISC */
/* See transaction.h. */
#include "directory/transaction.h"

#include "base/log.h"
#include "directory/copy.h"
#include "directory/statement.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

/* A statement without parameters that changes the transaction. */
static enum directory_result control(struct db *db, enum statement which, const char *sql)
{
    struct sqlite3_stmt *stmt = statement_use(db, which, sql);
    enum directory_result result = statement_step(db, stmt);
    statement_done(stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

/* A write that is confirmed must be where others look for it: this costs two calls of stat(2) a write. */
enum directory_result transaction_begin_here(struct db *db)
{
    db_check_files_next(db);
    enum directory_result result = db_ready(db);
    if (result != DIRECTORY_OK)
        return result;
    return control(db, STATEMENT_BEGIN, "BEGIN IMMEDIATE");
}

/* The error that led here is kept; one of the rollback itself is only logged. */
static void roll_back(struct db *db)
{
    char error[DB_ERROR_BYTES];
    memcpy(error, db->error, sizeof error);
    if (control(db, STATEMENT_ROLLBACK, "ROLLBACK") != DIRECTORY_OK)
        log_error("%s", db->error);
    memcpy(db->error, error, sizeof error);
}

enum directory_result transaction_end_here(struct db *db, enum directory_result result)
{
    bool good = result == DIRECTORY_OK || result == DIRECTORY_CREATED;
    enum directory_result committed = good ? control(db, STATEMENT_COMMIT, "COMMIT") : DIRECTORY_OK;
    if (good && committed == DIRECTORY_OK) {
        atomic_fetch_add(db->commits, 1);
        return result;
    }
    /* Some failures, such as a full disk, have rolled back already. */
    if (!sqlite3_get_autocommit(db->handle))
        roll_back(db);
    return good ? committed : result;
}

/* What is written without the record into a copy of it would never come to the record, nor to other copies. */
static enum directory_result begin_without_record(struct db *db)
{
    bool is_copy = false;
    enum directory_result result = transaction_begin_here(db);
    if (result != DIRECTORY_OK)
        return result;
    result = copy_is_in(db, &is_copy);
    if (result == DIRECTORY_OK && is_copy)
        result =
            db_broken(db, "the database %s is a copy of a record: nothing is written to it without that", db->path);
    return result == DIRECTORY_OK ? DIRECTORY_OK : transaction_end_here(db, result);
}

enum directory_result transaction_begin(struct db *db)
{
    return db->gate ? db->gate->begin(db->gate->ctx, db) : begin_without_record(db);
}

enum directory_result transaction_end(struct db *db, enum directory_result result)
{
    return db->gate ? db->gate->end(db->gate->ctx, db, result) : transaction_end_here(db, result);
}
