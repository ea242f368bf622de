/* SPDX-License-Identifier: ISC */
/* See db_open.h. */
#include "directory/db_open.h"

#include "base/clock.h"
#include "base/mem.h"

#include <sqlite3.h>
#include <stdlib.h>

/*
 * synchronous NORMAL: a crash of the machine may cost the last changes, never the database. journal_size_limit: the WAL
 * is cut back after a checkpoint.
 */
static const char settings[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA synchronous = NORMAL;"
                               "PRAGMA wal_autocheckpoint = 1000;"
                               "PRAGMA journal_size_limit = 4194304;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF;";

bool db_open(struct db *self, const char *path)
{
    self->path = mem_text(path);
    self->commits = &self->own_commits;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &self->handle, flags, NULL);
    if (!self->handle)
        abort(); /* no memory for it */
    sqlite3_extended_result_codes(self->handle, 1);
    sqlite3_busy_timeout(self->handle, DB_BUSY_OPENING_MS);
    if (rc == SQLITE_OK && sqlite3_db_readonly(self->handle, "main") == 1)
        rc = SQLITE_READONLY;
    if (rc == SQLITE_OK)
        return db_execute(self, settings) == DIRECTORY_OK;
    db_fail(self, rc);
    return false;
}

/* Two processes that turn WAL on at once may each hold what the other needs; SQLite then says BUSY without waiting. */
static int set_wal(sqlite3_stmt *stmt)
{
    int64_t until_ms = clock_mono_ms() + DB_BUSY_OPENING_MS;
    int rc;
    while ((rc = sqlite3_step(stmt)) != SQLITE_ROW && (rc & 0xff) == SQLITE_BUSY && clock_mono_ms() < until_ms) {
        sqlite3_reset(stmt);
        sqlite3_sleep(5);
    }
    return rc;
}

bool db_use_wal(struct db *self)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(self->handle, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = set_wal(stmt);
    bool wal = rc == SQLITE_ROW && sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    if (rc != SQLITE_ROW)
        db_fail(self, rc);
    else if (!wal)
        db_broken(
            self,
            "the database %s cannot be kept in WAL mode: its file system has no shared memory; move it to a local "
            "disk",
            self->path);
    sqlite3_finalize(stmt);
    return wal;
}

/* For how long this process has waited since it looked last. If it was suspended, so was perhaps the other writer. */
static int64_t waited_ms(const struct db *self, int64_t now_ms)
{
    int64_t passed_ms = now_ms - self->waiting_since_ms;
    return passed_ms < DB_BUSY_LOOK_MS ? passed_ms : DB_BUSY_LOOK_MS;
}

/*
 * SQLite asks whether to try again, for the COUNT-th time. Other requests of this worker wait too, so a call waits
 * DB_BUSY_MS at most; and after that, another program that goes on holding the database does not cost every request as
 * much again.
 */
static int on_busy(void *ctx, int count)
{
    struct db *self = ctx;
    int64_t now_ms = clock_mono_ms();
    int64_t rested_ms = self->waits_until_ms > now_ms ? self->waits_until_ms : now_ms;
    if (count == 0)
        self->waiting_since_ms = now_ms;
    self->waits_until_ms = rested_ms + waited_ms(self, now_ms) * DB_BUSY_SHARE;
    self->waiting_since_ms = now_ms;
    if (self->impatient || self->waits_until_ms - now_ms >= DB_BUSY_MS * DB_BUSY_SHARE)
        return 0;
    sqlite3_sleep(count < 10 ? 1 : 5);
    return 1;
}

/* The WAL is opened by the first read, no sooner. */
bool db_settle(struct db *self)
{
    sqlite3_busy_handler(self->handle, on_busy, self);
    self->files_known = db_file_find(self->path, &self->file) && db_file_find(db_wal_path(self), &self->wal);
    if (!self->files_known)
        db_broken(self, "the database %s was removed while it was opened: try again", self->path);
    return self->files_known;
}
