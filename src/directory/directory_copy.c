/* SPDX-License-Identifier: ISC */
/* See directory.h. A directory that is a copy of the record: one that writes there, and one that only reads. */
#include "directory/directory.h"

#include "directory/copy.h"
#include "directory/parts_private.h"
#include "directory/record.h"
#include "directory/statement.h"
#include "directory/writer.h"

#include <stdio.h>

struct directory *directory_open_record(const char *path, const char *url, char *error, size_t size)
{
    struct directory *self = directory_open(path, error, size);
    if (!self)
        return NULL;
    self->record = record_new(url, path, error, size);
    if (self->record && record_serve(self->record, &self->db) == DIRECTORY_OK)
        return self;
    if (self->record)
        snprintf(error, size, "%s", self->db.error);
    directory_close(self);
    return NULL;
}

static bool is_up_to_date(struct directory *self, char *error, size_t size)
{
    if (!self->record || record_follow(self->record) == DIRECTORY_OK)
        return true;
    snprintf(error, size, "%s", record_error(self->record));
    return false;
}

bool directory_suits(struct directory *self, bool has_record, char *error, size_t size)
{
    bool is_copy = false;
    int64_t has_rows = 0;
    struct db *db = &self->db;
    if (copy_is_in(&self->db, &is_copy) != DIRECTORY_OK ||
        statement_number_once(db, "SELECT EXISTS (SELECT 1 FROM workspace) OR EXISTS (SELECT 1 FROM token)",
                              &has_rows) != DIRECTORY_OK)
        snprintf(error, size, "%s", db->error);
    else if (is_copy && !has_record)
        snprintf(error, size,
                 "the database %s is a copy of a record in PostgreSQL: set record in the configuration, or make it a "
                 "database of its own with rollcalld --move-from",
                 db->path);
    else if (has_rows && !is_copy && has_record)
        snprintf(error, size,
                 "the database %s has workspaces or tokens of its own: move them to the record with rollcalld "
                 "--move-to, or set database to a new file",
                 db->path);
    else
        return true;
    return false;
}

struct directory *directory_open_to_write(const char *path, const char *url, char *error, size_t size)
{
    struct directory *self = *url ? directory_open_record(path, url, error, size) : directory_open(path, error, size);
    if (!self || (directory_suits(self, *url, error, size) && is_up_to_date(self, error, size)))
        return self;
    directory_close(self);
    return NULL;
}

/* A new copy has no pages to tell of anything. */
struct directory *directory_open_beside(const char *path, const char *url, char *error, size_t size)
{
    struct directory *self = *url ? directory_open_record(path, url, error, size) : directory_open(path, error, size);
    bool is_copy = false;
    if (!self)
        return NULL;
    self->beside = self->record;
    if (self->beside)
        record_stay_beside(self->record);
    bool suits = directory_suits(self, *url, error, size);
    if (suits && copy_is_in(&self->db, &is_copy) != DIRECTORY_OK) {
        snprintf(error, size, "%s", directory_error(self));
        suits = false;
    }
    if (suits && (is_copy || is_up_to_date(self, error, size)))
        return self;
    directory_close(self);
    return NULL;
}

enum directory_result directory_await_workers(struct directory *self, char *error, size_t size)
{
    enum directory_result result = record_await(self->record, WRITER_LOOK_MS + WRITER_RETRY_MS);
    if (result != DIRECTORY_OK)
        snprintf(error, size, "%s", record_error(self->record));
    return result;
}

static enum directory_result refuse_to_begin(void *ctx, struct db *db)
{
    (void)ctx;
    return db_broken(db, "the database %s is a copy of the record: nothing is written to it directly", db->path);
}

static enum directory_result refuse_to_end(void *ctx, struct db *db, enum directory_result result)
{
    (void)result;
    return refuse_to_begin(ctx, db);
}

void directory_only_read(struct directory *self, void (*on_use)(void *ctx, int64_t token), void *ctx)
{
    static const struct db_gate closed = {refuse_to_begin, refuse_to_end, NULL};
    self->db.gate = &closed;
    self->on_use = on_use;
    self->on_use_ctx = ctx;
}
