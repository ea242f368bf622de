/* SPDX-License-Identifier: ISC */
/*
 * Opening the database, its health, and how a worker learns what others took away. Removals are counted by the
 * database itself (table revision). To read that count for each request would cost more than all else of it, so it is
 * read only when something was committed: at once when another worker did so, which the page that all workers share
 * tells, and within FOREIGN_CHECK_MS when it was another program, which SQLite's data_version tells. Without that
 * page, data_version is asked each time.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "directory/directory_private.h"
#include "directory/sql.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * WAL: readers and the writer do not wait for each other. synchronous NORMAL: a crash of the machine may cost the last
 * changes, never the database. journal_size_limit: the WAL is cut back when it was checkpointed.
 */
static const char settings[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA synchronous = NORMAL;"
                               "PRAGMA wal_autocheckpoint = 1000;"
                               "PRAGMA journal_size_limit = 4194304;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF;";

/* Two processes that turn WAL on at once may each hold what the other needs; SQLite then says BUSY without waiting. */
static int set_wal(struct directory *self, sqlite3_stmt *stmt)
{
    int64_t until_ms = clock_mono_ms() + BUSY_OPENING_MS;
    int rc;
    while ((rc = sqlite3_step(stmt)) != SQLITE_ROW && (rc & 0xff) == SQLITE_BUSY && clock_mono_ms() < until_ms) {
        sqlite3_reset(stmt);
        sqlite3_sleep(5);
    }
    if (rc == SQLITE_ROW && sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0) {
        directory_broken(self,
                         "the database %s cannot be kept in WAL mode: its file system has no shared memory; put it "
                         "on a local disk",
                         self->path);
        return SQLITE_OK;
    }
    if (rc != SQLITE_ROW)
        directory_fail(self, rc);
    return rc;
}

static bool use_wal(struct directory *self)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(self->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = set_wal(self, stmt);
    else
        directory_fail(self, rc);
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW;
}

/* Where the WAL is: beside what a symbolic link leads to. */
static const char *wal_path(const struct directory *self)
{
    return sqlite3_filename_wal(sqlite3_db_filename(self->db, "main"));
}

/* Once the database was read, as the WAL is opened no sooner. */
static bool note_places(struct directory *self)
{
    self->places_known = place_find(self->path, &self->place) && place_find(wal_path(self), &self->wal);
    if (!self->places_known)
        directory_broken(self, "the database %s was removed while it was opened: try again", self->path);
    return self->places_known;
}

static bool in_place(const char *path, const struct place *opened)
{
    struct place now;
    return place_find(path, &now) && now.device == opened->device && now.inode == opened->inode;
}

/*
 * SQLite asks whether to try again, for the COUNT-th time. Other requests of this worker wait too, so no more than BUSY_MS at
 * once; and when that was used up, somebody who holds the database does not cost every request as much again.
 */
static int on_busy(void *ctx, int count)
{
    struct directory *self = ctx;
    int64_t now_ms = clock_mono_ms();
    int64_t rested_ms = self->waits_until_ms > now_ms ? self->waits_until_ms : now_ms;
    if (count == 0)
        self->waiting_since_ms = now_ms;
    self->waits_until_ms = rested_ms + (now_ms - self->waiting_since_ms) * BUSY_SHARE;
    self->waiting_since_ms = now_ms;
    if (self->impatient || self->waits_until_ms - now_ms >= BUSY_MS * BUSY_SHARE)
        return 0;
    sqlite3_sleep(count < 10 ? 1 : 5);
    return 1;
}

static bool set_up(struct directory *self)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(self->path, &self->db, flags, NULL);
    if (self->db == NULL)
        abort(); /* no memory for it */
    sqlite3_extended_result_codes(self->db, 1);
    sqlite3_busy_timeout(self->db, BUSY_OPENING_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_readonly(self->db, "main") == 1 ? SQLITE_READONLY : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(self->db, settings, NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        directory_fail(self, rc);
        return false;
    }
    if (migrate_check(self, migrations) != DIRECTORY_OK || !use_wal(self))
        return false;
    if (migrate_run(self, migrations) != DIRECTORY_OK)
        return false;
    sqlite3_busy_handler(self->db, on_busy, self);
    return directory_fresh(self) == DIRECTORY_OK && note_places(self);
}

struct directory *directory_open(const char *path, char *error, size_t size)
{
    if (!place_prepare(path, error, size))
        return NULL;
    struct directory *self = mem_new(sizeof *self);
    self->path = mem_text(path);
    self->version = -1;
    if (set_up(self))
        return self;
    snprintf(error, size, "%s", self->error);
    directory_close(self);
    return NULL;
}

void directory_close(struct directory *self)
{
    if (self == NULL)
        return;
    members_forget(self);
    tokens_forget(self);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(self->statements[i]);
    sqlite3_close(self->db);
    free(self->import.workspace);
    free(self->path);
    free(self);
}

void directory_share(struct directory *self, void *page)
{
    self->commits = page;
    self->version = -1;
}

enum directory_result directory_ready(struct directory *self)
{
    self->now_ms = clock_mono_ms();
    if (self->places_known && self->now_ms - self->place_checked_ms >= PLACE_CHECK_MS) {
        self->place_checked_ms = self->now_ms;
        self->displaced = !in_place(self->path, &self->place) || !in_place(wal_path(self), &self->wal);
    }
    if (!self->displaced)
        return DIRECTORY_OK;
    return directory_broken(self,
                            "the database %s or its WAL was replaced or removed while rollcalld had it open: restart "
                            "rollcalld to use what is there now",
                            self->path);
}

/* What is remembered was read after REVISION, so it is true for as long as that number stands. */
static enum directory_result look_for_removals(struct directory *self, uint64_t commits)
{
    int64_t version = 0;
    int64_t revision = 0;
    enum directory_result result =
        statement_number(self, statement_use(self, STATEMENT_DATA_VERSION, "PRAGMA data_version"), &version);
    if (result == DIRECTORY_OK && version != self->version) {
        result =
            statement_number(self, statement_use(self, STATEMENT_REVISION, "SELECT value FROM revision"), &revision);
        if (result == DIRECTORY_NOT_FOUND)
            result = directory_broken(self, "the table revision of the database %s is empty: restore it from a backup",
                                      self->path);
    } else {
        revision = self->revision;
    }
    if (result != DIRECTORY_OK)
        return result;
    if (revision != self->revision) {
        members_forget(self);
        tokens_forget(self);
    }
    self->revision = revision;
    self->version = version;
    self->version_checked_ms = self->now_ms;
    self->commits_seen = commits;
    return DIRECTORY_OK;
}

enum directory_result directory_fresh(struct directory *self)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    /* Read before the database is: a commit in between is then looked for again, not missed. */
    uint64_t commits = self->commits != NULL ? atomic_load(self->commits) : 0;
    if (self->commits != NULL && commits == self->commits_seen && self->version != -1 &&
        self->now_ms - self->version_checked_ms < FOREIGN_CHECK_MS)
        return DIRECTORY_OK;
    return look_for_removals(self, commits);
}

int64_t directory_revision(struct directory *self)
{
    return directory_fresh(self) == DIRECTORY_OK ? self->revision : -1;
}

const char *directory_error(const struct directory *self)
{
    return self->error;
}

static enum directory_result try_write(struct directory *self)
{
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_TRY_WRITE, "UPDATE revision SET value = value");
    result = statement_run(self, stmt);
    /* Not what went wrong: only that it is to be rolled back. */
    transaction_end(self, DIRECTORY_NOT_FOUND);
    return result == DIRECTORY_NOT_FOUND
               ? directory_broken(self, "the table revision of the database %s is empty: restore it from a backup",
                                  self->path)
               : result;
}

enum directory_result directory_check(struct directory *self, bool patient, char *error, size_t size)
{
    self->place_checked_ms = clock_mono_ms() - PLACE_CHECK_MS;
    self->impatient = !patient;
    enum directory_result result = try_write(self);
    self->impatient = false;
    /* What was tried above reaches the file, and needs room in it, only when it is committed. */
    if (result == DIRECTORY_OK && !place_usable(self->path, self->error, ERROR_BYTES))
        result = DIRECTORY_READONLY;
    if (result == DIRECTORY_OK && place_full(self->path))
        result = directory_fail(self, SQLITE_FULL);
    if (result != DIRECTORY_OK)
        snprintf(error, size, "%s", self->error);
    return result;
}
