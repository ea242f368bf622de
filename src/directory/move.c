/* SPDX-License-Identifier: ISC */
/* See move.h. */
#include "directory/move.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/directory.h"
#include "directory/parts_private.h"
#include "directory/record_head.h"
#include "directory/record_sql.h"
#include "directory/statement.h"
#include "record/pg.h"

#include <sqlite3.h>
#include <stdio.h>

enum { PORTION_ROWS = 500, PROGRESS_MS = 2000, STATEMENT_MS = 60000, COMMIT_MS = 600000 /* references are checked */ };

struct move {
    struct directory *directory; /* owned */
    struct record_link link;
    struct tables tables;
    struct record_head head; /* when all is there */
    size_t rows;
    int64_t told_ms;
    char *error; /* borrowed */
    size_t size;
};

static bool fail(const struct move *self, const char *sentence)
{
    snprintf(self->error, self->size, "%s", sentence);
    return false;
}

static bool link_ok(const struct move *self, enum directory_result result)
{
    return result == DIRECTORY_OK || fail(self, self->link.error);
}

static bool database_ok(const struct move *self, enum directory_result result)
{
    return result == DIRECTORY_OK || fail(self, self->directory->db.error);
}

static bool do_sql(struct move *self, const char *sql)
{
    return link_ok(self, record_link_do(&self->link, sql));
}

/* ---- the rows ---- */

static void tell_progress(struct move *self)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms - self->told_ms < PROGRESS_MS)
        return;
    self->told_ms = now_ms;
    log_info("%zu rows were moved so far", self->rows);
}

static bool put(struct move *self, const char *sql, const char *rows)
{
    const char *const params[] = {rows};
    struct pg_statement statement = {.sql = sql, .params = params, .count = 1, .ms = STATEMENT_MS};
    return link_ok(self, record_link_judge(&self->link, pg_run(self->link.pg, &statement, NULL)));
}

static void write_select(const struct db_table *table, struct buf *sql)
{
    static const struct table_format pairs = {"'%', \"%\"", "'%', '\\x' || hex(\"%\")", ", "};
    buf_add_text(sql, "SELECT json_object(");
    table_list(table, TABLE_ALL, &pairs, sql);
    buf_printf(sql, ") FROM \"%s\"", table->name);
}

/* Reads up to PORTION_ROWS rows of STMT into ROWS, a JSON array. Returns how many. */
static size_t read_portion(sqlite3_stmt *stmt, struct buf *rows, int *rc)
{
    size_t count = 0;
    buf_clear(rows);
    while (count < PORTION_ROWS && (*rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        buf_add_char(rows, count++ == 0 ? '[' : ',');
        buf_add_text(rows, (const char *)sqlite3_column_text(stmt, 0));
    }
    buf_add_char(rows, ']');
    return count;
}

static bool move_rows(struct move *self, sqlite3_stmt *stmt, const char *put_sql)
{
    struct buf rows;
    buf_init(&rows);
    int rc = SQLITE_ROW;
    bool ok = true;
    for (size_t count = PORTION_ROWS; ok && count == PORTION_ROWS;) {
        count = read_portion(stmt, &rows, &rc);
        ok = count == 0 || put(self, put_sql, rows.data);
        self->rows += count;
        tell_progress(self);
    }
    buf_fini(&rows);
    return ok && (rc == SQLITE_DONE || database_ok(self, db_fail(&self->directory->db, rc)));
}

static bool move_table(struct move *self, const struct db_table *table)
{
    struct buf select, put_sql;
    sqlite3_stmt *stmt = NULL;
    buf_init(&select);
    buf_init(&put_sql);
    write_select(table, &select);
    record_sql_put(table, &put_sql);
    int rc = sqlite3_prepare_v2(self->directory->db.handle, select.data, -1, &stmt, NULL);
    bool ok =
        rc == SQLITE_OK ? move_rows(self, stmt, put_sql.data) : database_ok(self, db_fail(&self->directory->db, rc));
    sqlite3_finalize(stmt);
    buf_fini(&put_sql);
    buf_fini(&select);
    return ok;
}

/* Ids of tokens that were removed are not given again. */
static bool move_last_token(struct move *self)
{
    int64_t last = 0;
    char sql[80];
    if (!database_ok(self, statement_number_once(
                               &self->directory->db,
                               "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'token'", &last)))
        return false;
    snprintf(sql, sizeof sql, "UPDATE record SET last_token = greatest(last_token, %lld)", (long long)last);
    return do_sql(self, sql);
}

/* ---- to ---- */

static bool is_empty(struct move *self)
{
    struct pg_rows *rows = NULL;
    struct pg_statement statement = {.sql = record_empty_sql};
    if (!link_ok(self, record_link_judge(&self->link, pg_run(self->link.pg, &statement, &rows))))
        return false;
    bool empty = *pg_rows_text(rows, 0, 0) == 't';
    pg_rows_free(rows);
    return empty || fail(self, "the record is not empty: name a database of PostgreSQL that holds none yet");
}

static bool commit(struct move *self)
{
    struct pg_statement statement = {.sql = "COMMIT", .ms = COMMIT_MS};
    if (link_ok(self, record_link_judge(&self->link, pg_run(self->link.pg, &statement, NULL))))
        return true;
    snprintf(self->error, self->size, "%s; the record may be complete all the same: empty it before you try again",
             self->link.error);
    return false;
}

static bool move_all(struct move *self)
{
    if (!do_sql(self, record_begin_sql) || !is_empty(self))
        return false;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (!move_table(self, &self->tables.list[i]))
            return false;
    return move_last_token(self) && link_ok(self, record_head_read(&self->link, &self->head)) && commit(self);
}

/* The database is a copy from then on. The transaction has kept others from writing what would not be in the record. */
static bool mark_as_copy(struct move *self)
{
    struct db *db = &self->directory->db;
    return copy_write_place(db, &self->head.place) == DIRECTORY_OK && db_execute(db, "COMMIT") == DIRECTORY_OK;
}

/* If that could not be written, a new file in its place becomes one. */
static bool become_copy(struct move *self, const char *path)
{
    struct copy *copy = copy_open(path, self->error, self->size);
    enum directory_result result = copy ? copy_begin(copy) : DIRECTORY_BROKEN;
    if (result == DIRECTORY_OK)
        result = copy_end(copy, DIRECTORY_OK, &self->head.place);
    if (result != DIRECTORY_OK && copy)
        fail(self, copy_error(copy));
    copy_close(copy);
    return result == DIRECTORY_OK;
}

static bool move_directory(struct move *self)
{
    struct db *db = &self->directory->db;
    bool ok = directory_suits(self->directory, false, self->error, self->size) &&
              database_ok(self, tables_read(&self->tables, db)) && link_ok(self, record_link_open(&self->link)) &&
              database_ok(self, db_execute(db, "BEGIN IMMEDIATE")) && move_all(self);
    tables_fini(&self->tables);
    return ok;
}

static bool url_ok(const char *url, char *error, size_t size)
{
    char why[512];
    bool ok = pg_url_ok(url, why, sizeof why);
    if (!ok)
        snprintf(error, size, "the address of the record: %s", why);
    return ok;
}

bool move_to(const char *path, const char *url, size_t *rows, char *error, size_t size)
{
    struct move self = {.error = error, .size = size, .told_ms = clock_mono_ms()};
    self.directory = url_ok(url, error, size) ? directory_open(path, error, size) : NULL;
    if (!self.directory)
        return false;
    record_link_init(&self.link, url, path);
    bool ok = move_directory(&self);
    bool is_copy = ok && mark_as_copy(&self);
    record_link_fini(&self.link);
    directory_close(self.directory); /* otherwise this rolls back what it only read */
    *rows = self.rows;
    return ok && (is_copy || become_copy(&self, path));
}

/* ---- from ---- */

bool move_from(const char *path, const char *url, char *error, size_t size)
{
    struct directory *directory = url_ok(url, error, size) ? directory_open_to_write(path, url, error, size) : NULL;
    bool ok = directory && db_execute(&directory->db, "DELETE FROM copy") == DIRECTORY_OK;
    if (directory && !ok)
        snprintf(error, size, "%s", directory_error(directory));
    directory_close(directory);
    return ok;
}
