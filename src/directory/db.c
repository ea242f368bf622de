/* SPDX-License-Identifier: ISC */
/* See db.h. */
#include "directory/db.h"

#include "base/clock.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SQLite reports some of these as plain I/O errors; the system's own error is more exact. */
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

static void describe(struct db *self, enum directory_result result, int rc, int system_errno)
{
    const char *path = self->path;
    bool damaged = (rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT;
    const char *reason = system_errno != 0 ? strerror(system_errno) : sqlite3_errmsg(self->handle);
    if (result == DIRECTORY_BUSY)
        snprintf(self->error, DB_ERROR_BYTES, "the database %s is held by another writer: try again in a moment", path);
    else if (result == DIRECTORY_FULL)
        snprintf(self->error, DB_ERROR_BYTES, "the disk of the database %s is full: free some space on it", path);
    else if (result == DIRECTORY_READONLY)
        snprintf(
            self->error, DB_ERROR_BYTES,
            "the database %s cannot be written (%s): let the user that rollcalld runs as own it, its directory, and "
            "the files %s-wal and %s-shm if they exist",
            path, reason, path, path);
    else if (damaged)
        snprintf(self->error, DB_ERROR_BYTES, "%s is damaged or not an SQLite database (%s): restore it from a backup",
                 path, sqlite3_errmsg(self->handle));
    else
        snprintf(self->error, DB_ERROR_BYTES, "the database %s does not work (%s): check its disk and its permissions",
                 path, reason);
}

enum directory_result db_fail(struct db *self, int rc)
{
    int said = errno;
    if ((rc & 0xff) == SQLITE_NOMEM)
        abort();
    /* SQLite may keep the errno of an old error, and keeps none if a COMMIT fails. So errno itself comes first. */
    bool by_system = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
    int system_errno = !by_system ? 0 : said != 0 ? said : sqlite3_system_errno(self->handle);
    enum directory_result result = result_of(rc, system_errno);
    describe(self, result, rc, system_errno);
    return result;
}

enum directory_result db_broken(struct db *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(self->error, DB_ERROR_BYTES, format, args);
    va_end(args);
    return DIRECTORY_BROKEN;
}

enum directory_result db_execute(struct db *self, const char *sql)
{
    errno = 0;
    int rc = sqlite3_exec(self->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? DIRECTORY_OK : db_fail(self, rc);
}

const char *db_wal_path(const struct db *self)
{
    return sqlite3_filename_wal(sqlite3_db_filename(self->handle, "main"));
}

enum directory_result db_ready(struct db *self)
{
    self->now_ms = clock_mono_ms();
    if (self->files_known && self->now_ms - self->files_checked_ms >= DB_FILES_CHECK_MS) {
        self->files_checked_ms = self->now_ms;
        self->displaced = !db_file_is_at(self->path, &self->file) || !db_file_is_at(db_wal_path(self), &self->wal);
    }
    if (!self->displaced)
        return DIRECTORY_OK;
    return db_broken(
        self,
        "the database %s or its WAL was replaced or removed while rollcalld had it open: restart rollcalld "
        "to use the file that is there now",
        self->path);
}

void db_check_files_next(struct db *self)
{
    self->files_checked_ms = clock_mono_ms() - DB_FILES_CHECK_MS;
}

void db_close(struct db *self)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(self->statements[i]);
    sqlite3_close(self->handle);
    free(self->path);
}
