/* SPDX-License-Identifier: ISC */
/* See statement.h. */
#include "directory/statement.h"

#include "base/log.h"
#include "base/utf8.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { ROW_NAME_BYTES = 80 };

struct sqlite3_stmt *statement_use(struct db *db, enum statement which, const char *sql)
{
    struct sqlite3_stmt **slot = &db->statements[which];
    if (!*slot) {
        errno = 0;
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
    }
    return *slot;
}

/* A binding fails only if there is no memory, which stepping then reports. */
void statement_text(struct sqlite3_stmt *stmt, int index, const char *text)
{
    if (stmt)
        sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
}

void statement_blob(struct sqlite3_stmt *stmt, int index, const void *bytes, size_t len)
{
    if (stmt)
        sqlite3_bind_blob(stmt, index, bytes, (int)len, SQLITE_STATIC);
}

void statement_int(struct sqlite3_stmt *stmt, int index, int64_t value)
{
    if (stmt)
        sqlite3_bind_int64(stmt, index, value);
}

enum directory_result statement_step(struct db *db, struct sqlite3_stmt *stmt)
{
    if (!stmt)
        return db_fail(db, sqlite3_extended_errcode(db->handle));
    errno = 0; /* so that db_fail() finds there what the system said */
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return DIRECTORY_OK;
    return rc == SQLITE_DONE ? DIRECTORY_NOT_FOUND : db_fail(db, rc);
}

void statement_done(struct sqlite3_stmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

enum directory_result statement_run(struct db *db, struct sqlite3_stmt *stmt)
{
    enum directory_result result = statement_step(db, stmt);
    if (result == DIRECTORY_NOT_FOUND && sqlite3_changes(db->handle) > 0)
        result = DIRECTORY_OK;
    statement_done(stmt);
    return result;
}

enum directory_result statement_number(struct db *db, struct sqlite3_stmt *stmt, int64_t *number)
{
    enum directory_result result = statement_step(db, stmt);
    if (result == DIRECTORY_OK)
        *number = sqlite3_column_int64(stmt, 0);
    statement_done(stmt);
    return result;
}

/* Names the row for an administrator to find it: its first column, as SQL would write it. */
static void name_row(struct sqlite3_stmt *stmt, char out[ROW_NAME_BYTES])
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

enum directory_result statement_number_once(struct db *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);
    enum directory_result result = statement_number(db, stmt, number);
    sqlite3_finalize(stmt);
    return result;
}

enum directory_result statement_each(struct db *db, struct sqlite3_stmt *stmt, struct row_reader *reader)
{
    enum directory_result result = DIRECTORY_OK;
    size_t skipped = 0;
    char first[ROW_NAME_BYTES];
    while (reader->left > 0 && (result = statement_step(db, stmt)) == DIRECTORY_OK) {
        if (reader->on_row(reader->ctx, stmt))
            reader->left -= reader->left > 0;
        else if (skipped++ == 0)
            name_row(stmt, first);
    }
    statement_done(stmt);
    if (skipped > 0)
        log_warn("skipped %zu %s of the database %s whose text breaks the rules or is not UTF-8; the first is %s",
                 skipped, reader->what, db->path, first);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

const char *statement_column(struct sqlite3_stmt *stmt, int index)
{
    if (sqlite3_column_type(stmt, index) != SQLITE_TEXT)
        return NULL;
    const char *text = (const char *)sqlite3_column_text(stmt, index);
    size_t len = (size_t)sqlite3_column_bytes(stmt, index);
    if (!text || strlen(text) != len || !utf8_ok(text, len))
        return NULL;
    return text;
}

int64_t statement_column_int(struct sqlite3_stmt *stmt, int index)
{
    return sqlite3_column_int64(stmt, index);
}

bool statement_column_null(struct sqlite3_stmt *stmt, int index)
{
    return sqlite3_column_type(stmt, index) == SQLITE_NULL;
}
