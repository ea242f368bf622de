/* SPDX-License-Identifier: ISC */
/* See directory.h. Wires the parts: opening with the migrations, closing, and the health of the whole. */
#include "directory/directory.h"

#include "base/mem.h"
#include "directory/copy.h"
#include "directory/db_open.h"
#include "directory/migrate.h"
#include "directory/parts_private.h"
#include "directory/record.h"
#include "directory/statement.h"
#include "directory/transaction.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static bool set_up(struct directory *self, const char *path)
{
    struct db *db = &self->db;
    revision_reset(&self->revision);
    return db_open(db, path) && migrate_check(db, migrations) == DIRECTORY_OK && db_use_wal(db) &&
           migrate_run(db, migrations) == DIRECTORY_OK && revision_update(&self->revision, db) == DIRECTORY_OK &&
           db_settle(db);
}

struct directory *directory_open(const char *path, char *error, size_t size)
{
    if (!db_file_prepare(path, error, size))
        return NULL;
    struct directory *self = mem_new(sizeof *self);
    member_memory_init(&self->members);
    member_memory_init(&self->participants);
    if (set_up(self, path))
        return self;
    snprintf(error, size, "%s", self->db.error);
    directory_close(self);
    return NULL;
}

void directory_take_error(struct directory *self, const char *error)
{
    db_broken(&self->db, "%s", error);
}

void directory_close(struct directory *self)
{
    if (!self)
        return;
    member_memory_forget(&self->members);
    member_memory_forget(&self->participants);
    token_memory_forget(&self->tokens);
    db_close(&self->db);
    record_close(self->record);
    free(self->import.workspace);
    free(self);
}

void directory_share(struct directory *self, void *page)
{
    self->db.commits = page;
    if (self->record)
        record_share(self->record, page);
    revision_reset(&self->revision);
}

int64_t directory_revision(struct directory *self)
{
    return revision_update(&self->revision, &self->db) == DIRECTORY_OK ? self->revision.value : -1;
}

const char *directory_error(const struct directory *self)
{
    return self->db.error;
}

/* A copy of the record can be read once it is complete. Making it again disturbs nobody. */
static enum directory_result look_at_copy(struct db *db)
{
    bool complete = false;
    enum directory_result result = db_ready(db);
    if (result == DIRECTORY_OK)
        result = copy_is_in(db, &complete);
    if (result == DIRECTORY_OK && !complete)
        return db_broken(db, "the database %s is not a complete copy of the record yet", db->path);
    return result;
}

static enum directory_result try_write(struct db *db)
{
    enum directory_result result = transaction_begin_here(db);
    if (result != DIRECTORY_OK)
        return result;
    result = statement_run(db, statement_use(db, STATEMENT_TRY_WRITE, "UPDATE revision SET value = value"));
    transaction_end_here(db, DIRECTORY_NOT_FOUND); /* any failure rolls back */
    if (result != DIRECTORY_NOT_FOUND)
        return result;
    return db_broken(db, "the table revision of the database %s is empty: restore it from a backup", db->path);
}

enum directory_result directory_check(struct directory *self, bool patient, char *error, size_t size)
{
    struct db *db = &self->db;
    db->impatient = !patient;
    enum directory_result result = db->gate ? look_at_copy(db) : try_write(db);
    db->impatient = false;
    /* That write would reach the file, and need room in it, only with its commit. */
    if (result == DIRECTORY_OK && !db_file_usable(db->path, db->error, DB_ERROR_BYTES))
        result = DIRECTORY_READONLY;
    if (result == DIRECTORY_OK && db_file_disk_full(db->path))
        result = db_fail(db, SQLITE_FULL);
    if (result != DIRECTORY_OK)
        snprintf(error, size, "%s", db->error);
    return result;
}
