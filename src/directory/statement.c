/* SPDX-License-Identifier: ISC */
/*
 * Prepared statements, transactions, and what SQLite's result codes mean. A statement is bound, stepped and reset
 * within one call: one left open would hold its snapshot, and the WAL could not be checkpointed past it.
 */
#include "base/utf8.h"
#include "base/log.h"
#include "base/clock.h"
#include "directory/directory_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_NAME_BYTES = 80 };

/* SQLite reports some of these as plain I/O errors; the system's own word is more exact. */
static enum directory_result result_of(int rc, int system_errno)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return DIRECTORY_BUSY;
    case SQLITE_FULL: return DIRECTORY_FULL;
    case SQLITE_READONLY: return rc == SQLITE_READONLY_DBMOVED ? DIRECTORY_BROKEN : DIRECTORY_READONLY;
    case SQLITE_PERM: return DIRECTORY_READONLY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (system_errno == ENOSPC || system_errno == EDQUOT)
            return DIRECTORY_FULL;
        if (system_errno == EACCES || system_errno == EPERM || system_errno == EROFS)
            return DIRECTORY_READONLY;
        return DIRECTORY_BROKEN;
    default: return DIRECTORY_BROKEN;
    }
}

static void say(struct directory *self, enum directory_result result, int rc, int system_errno)
{
    const char *path = self->path;
    bool damaged = (rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT;
    const char *reason = system_errno != 0 ? strerror(system_errno) : sqlite3_errmsg(self->db);
    if (result == DIRECTORY_BUSY)
        snprintf(self->error, ERROR_BYTES, "the database %s is held by another writer: try again in a moment", path);
    else if (result == DIRECTORY_FULL)
        snprintf(self->error, ERROR_BYTES, "the disk of the database %s is full: free some space on it", path);
    else if (result == DIRECTORY_READONLY)
        snprintf(self->error, ERROR_BYTES,
                 "the database %s cannot be written (%s): let the user that rollcalld runs as own it, the files %s-wal "
                 "and %s-shm where they exist, and their directory",
                 path, reason, path, path);
    else if (damaged)
        snprintf(self->error, ERROR_BYTES, "%s is damaged or not an SQLite database (%s): restore it from a backup",
                 path, sqlite3_errmsg(self->db));
    else
        snprintf(self->error, ERROR_BYTES, "the database %s does not work (%s): look at its disk and its rights", path,
                 reason);
}

enum directory_result directory_fail(struct directory *self, int rc)
{
    if ((rc & 0xff) == SQLITE_NOMEM)
        abort();
    /* SQLite keeps the number of an error that is long past: it counts only where the system was at fault. */
    bool by_system = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
    int system_errno = by_system ? sqlite3_system_errno(self->db) : 0;
    enum directory_result result = result_of(rc, system_errno);
    say(self, result, rc, system_errno);
    return result;
}

enum directory_result directory_broken(struct directory *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(self->error, ERROR_BYTES, format, args);
    va_end(args);
    return DIRECTORY_BROKEN;
}

sqlite3_stmt *statement_use(struct directory *self, enum statement which, const char *sql)
{
    sqlite3_stmt **slot = &self->statements[which];
    if (*slot == NULL)
        sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
    return *slot;
}

/* A binding fails only for want of memory, which stepping then reports; on a NULL statement it does nothing. */
void statement_text(sqlite3_stmt *stmt, int index, const char *text)
{
    if (stmt != NULL)
        sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
}

void statement_blob(sqlite3_stmt *stmt, int index, const void *bytes, size_t len)
{
    if (stmt != NULL)
        sqlite3_bind_blob(stmt, index, bytes, (int)len, SQLITE_STATIC);
}

void statement_int(sqlite3_stmt *stmt, int index, int64_t value)
{
    if (stmt != NULL)
        sqlite3_bind_int64(stmt, index, value);
}

enum directory_result statement_step(struct directory *self, sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return directory_fail(self, sqlite3_extended_errcode(self->db));
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return DIRECTORY_OK;
    return rc == SQLITE_DONE ? DIRECTORY_NOT_FOUND : directory_fail(self, rc);
}

void statement_done(sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

enum directory_result statement_run(struct directory *self, sqlite3_stmt *stmt)
{
    enum directory_result result = statement_step(self, stmt);
    if (result == DIRECTORY_NOT_FOUND && sqlite3_changes(self->db) > 0)
        result = DIRECTORY_OK;
    statement_done(stmt);
    return result;
}

enum directory_result statement_number(struct directory *self, sqlite3_stmt *stmt, int64_t *number)
{
    enum directory_result result = statement_step(self, stmt);
    if (result == DIRECTORY_OK)
        *number = sqlite3_column_int64(stmt, 0);
    statement_done(stmt);
    return result;
}

/* How an administrator finds the row at hand: its first column, as SQL would write it. */
static void name_row(sqlite3_stmt *stmt, char out[ROW_NAME_BYTES])
{
    if (sqlite3_column_type(stmt, 0) == SQLITE_INTEGER) {
        snprintf(out, ROW_NAME_BYTES, "%lld", sqlite3_column_int64(stmt, 0));
        return;
    }
    const unsigned char *bytes = sqlite3_column_blob(stmt, 0);
    int len = sqlite3_column_bytes(stmt, 0);
    size_t at = (size_t)snprintf(out, ROW_NAME_BYTES, "x'");
    for (int i = 0; i < len && at + 4 < ROW_NAME_BYTES; i++, at += 2)
        snprintf(out + at, ROW_NAME_BYTES - at, "%02x", bytes[i]);
    snprintf(out + at, ROW_NAME_BYTES - at, "'");
}

enum directory_result statement_each(struct directory *self, sqlite3_stmt *stmt, size_t limit, const char *what,
                                     bool (*on_row)(void *ctx, sqlite3_stmt *stmt), void *ctx)
{
    return statement_each_until(self, stmt, &limit, what, on_row, ctx);
}

enum directory_result statement_each_until(struct directory *self, sqlite3_stmt *stmt, size_t *left, const char *what,
                                           bool (*on_row)(void *ctx, sqlite3_stmt *stmt), void *ctx)
{
    enum directory_result result = DIRECTORY_OK;
    size_t skipped = 0;
    char first[ROW_NAME_BYTES];
    while (*left > 0 && (result = statement_step(self, stmt)) == DIRECTORY_OK) {
        if (on_row(ctx, stmt))
            *left -= *left > 0;
        else if (skipped++ == 0)
            name_row(stmt, first);
    }
    statement_done(stmt);
    if (skipped > 0)
        log_warn("skipped %zu %s of the database %s whose text breaks the rules or is not UTF-8, the first being %s",
                 skipped, what, self->path, first);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

const char *statement_column(sqlite3_stmt *stmt, int index)
{
    if (sqlite3_column_type(stmt, index) != SQLITE_TEXT)
        return NULL;
    const char *text = (const char *)sqlite3_column_text(stmt, index);
    size_t len = (size_t)sqlite3_column_bytes(stmt, index);
    if (text == NULL || strlen(text) != len || !utf8_ok(text, len))
        return NULL;
    return text;
}

/* A statement without parameters that changes the transaction. */
static enum directory_result control(struct directory *self, enum statement which, const char *sql)
{
    sqlite3_stmt *stmt = statement_use(self, which, sql);
    enum directory_result result = statement_step(self, stmt);
    statement_done(stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result transaction_begin(struct directory *self)
{
    /* What is claimed to be written must be where others look for it: two calls of stat(2) a write. */
    self->place_checked_ms = clock_mono_ms() - PLACE_CHECK_MS;
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    return control(self, STATEMENT_BEGIN, "BEGIN IMMEDIATE");
}

enum directory_result transaction_end(struct directory *self, enum directory_result result)
{
    bool good = result == DIRECTORY_OK || result == DIRECTORY_CREATED;
    enum directory_result committed = good ? control(self, STATEMENT_COMMIT, "COMMIT") : DIRECTORY_OK;
    if (good && committed == DIRECTORY_OK) {
        self->version = -1;
        if (self->commits != NULL)
            atomic_fetch_add(self->commits, 1);
        return result;
    }
    /* Some failures, a full disk for one, have rolled back already. */
    if (sqlite3_get_autocommit(self->db))
        return good ? committed : result;
    char error[ERROR_BYTES];
    memcpy(error, self->error, sizeof error);
    if (control(self, STATEMENT_ROLLBACK, "ROLLBACK") != DIRECTORY_OK)
        log_error("%s", self->error);
    memcpy(self->error, error, sizeof error);
    return good ? committed : result;
}
