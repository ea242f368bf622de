/* SPDX-License-Identifier: ISC */
/* See copy.h. */
#include "directory/copy.h"

#include "base/buf.h"
#include "base/mem.h"
#include "directory/db_open.h"
#include "directory/statement.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct copy {
    struct db db;
    struct tables tables;
    struct sqlite3_stmt *put[TABLE_COUNT]; /* owned, as the next; NULL until it is needed */
    struct sqlite3_stmt *delete[TABLE_COUNT];
    bool revokes; /* this change may take rights away */
};

/* ---- opening ---- */

static int digit_of(unsigned char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* from_hex(text): the bytes of "\x" and hexadecimal digits, as PostgreSQL writes them. */
static void from_hex(sqlite3_context *ctx, int count, sqlite3_value **values)
{
    (void)count;
    const unsigned char *text = sqlite3_value_text(values[0]);
    size_t len = text ? (size_t)sqlite3_value_bytes(values[0]) : 0;
    if (len < 2 || len > 1000)
        return;
    unsigned char bytes[500];
    for (size_t i = 0; i < len / 2 - 1; i++)
        bytes[i] = (unsigned char)(digit_of(text[2 * i + 2]) << 4 | digit_of(text[2 * i + 3]));
    sqlite3_result_blob(ctx, bytes, (int)(len / 2 - 1), SQLITE_TRANSIENT);
}

static bool set_up(struct copy *self, const char *path)
{
    struct db *db = &self->db;
    if (!db_open(db, path) || db_execute(db, "PRAGMA foreign_keys = OFF") != DIRECTORY_OK || !db_use_wal(db) ||
        tables_read(&self->tables, db) != DIRECTORY_OK || !db_settle(db))
        return false;
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    int rc = sqlite3_create_function(db->handle, "from_hex", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, from_hex,
                                     NULL, NULL);
    return rc == SQLITE_OK || db_fail(db, rc) == DIRECTORY_OK;
}

struct copy *copy_open(const char *path, char *error, size_t size)
{
    struct copy *self = mem_new(sizeof *self);
    if (set_up(self, path))
        return self;
    snprintf(error, size, "%s", self->db.error);
    copy_close(self);
    return NULL;
}

void copy_close(struct copy *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        sqlite3_finalize(self->put[i]);
        sqlite3_finalize(self->delete[i]);
    }
    tables_fini(&self->tables);
    db_close(&self->db);
    free(self);
}

void copy_share(struct copy *self, void *counter)
{
    self->db.commits = counter;
}

const struct tables *copy_tables(const struct copy *self)
{
    return &self->tables;
}

struct db *copy_db(struct copy *self)
{
    return &self->db;
}

const char *copy_error(const struct copy *self)
{
    return self->db.error;
}

/* ---- how far ---- */

enum directory_result copy_is_in(struct db *db, bool *is_copy)
{
    int64_t some = 0;
    enum directory_result result =
        statement_number(db, statement_use(db, STATEMENT_IS_COPY, "SELECT EXISTS (SELECT 1 FROM copy)"), &some);
    *is_copy = some != 0;
    return result;
}

static bool take_place(void *ctx, struct sqlite3_stmt *stmt)
{
    struct copy_place *place = ctx;
    const char *record = statement_column(stmt, 0);
    const char *tag = statement_column(stmt, 2);
    snprintf(place->record, sizeof place->record, "%s", record ? record : "");
    snprintf(place->tag, sizeof place->tag, "%s", tag ? tag : "");
    place->position = statement_column_int(stmt, 1);
    return true;
}

enum directory_result copy_read_place(struct copy *self, struct copy_place *place)
{
    struct db *db = &self->db;
    *place = (struct copy_place){.position = 0};
    struct row_reader rows = {take_place, place, "places", 1};
    enum directory_result result = db_ready(db);
    if (result != DIRECTORY_OK)
        return result;
    return statement_each(db, statement_use(db, STATEMENT_GET_PLACE, "SELECT record, position, tag FROM copy"), &rows);
}

enum directory_result copy_write_place(struct db *db, const struct copy_place *place)
{
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_PUT_PLACE,
                                              "INSERT INTO copy (id, record, position, tag) VALUES (1, ?1, ?2, ?3) "
                                              "ON CONFLICT DO UPDATE SET record = ?1, position = ?2, tag = ?3");
    statement_text(stmt, 1, place->record);
    statement_int(stmt, 2, place->position);
    statement_text(stmt, 3, place->tag);
    return statement_run(db, stmt);
}

/* ---- changes ---- */

enum directory_result copy_begin(struct copy *self)
{
    self->revokes = false;
    db_check_files_next(&self->db);
    enum directory_result result = db_ready(&self->db);
    return result == DIRECTORY_OK ? db_execute(&self->db, "BEGIN IMMEDIATE") : result;
}

enum directory_result copy_clear(struct copy *self)
{
    struct buf sql;
    buf_init(&sql);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        buf_printf(&sql, "DELETE FROM \"%s\";", self->tables.list[i].name);
    enum directory_result result = db_execute(&self->db, sql.data);
    buf_fini(&sql);
    self->revokes = true;
    return result;
}

static const struct table_format quoted = {.column = "\"%\"", .separator = ", "};
static const struct table_format extracted = {"json_extract(value, '$.%')", "from_hex(json_extract(value, '$.%'))",
                                              ", "};

static void write_put(const struct db_table *table, struct buf *sql)
{
    buf_printf(sql, "INSERT INTO \"%s\" (", table->name);
    table_list(table, TABLE_ALL, &quoted, sql);
    buf_add_text(sql, ") SELECT ");
    table_list(table, TABLE_ALL, &extracted, sql);
    buf_add_text(sql, " FROM json_each(?1) WHERE true");
    table_on_conflict(table, sql);
}

static void write_delete(const struct db_table *table, struct buf *sql)
{
    buf_printf(sql, "DELETE FROM \"%s\" WHERE (", table->name);
    table_list(table, TABLE_KEY, &quoted, sql);
    buf_add_text(sql, ") IN (SELECT ");
    table_list(table, TABLE_KEY, &extracted, sql);
    buf_add_text(sql, " FROM json_each(?1))");
}

/* Runs the statement in SLOT, which WRITE writes, with ROWS. */
static enum directory_result run(struct copy *self, struct sqlite3_stmt **slot, const struct db_table *table,
                                 void (*write)(const struct db_table *table, struct buf *sql), const char *rows)
{
    if (!*slot) {
        struct buf sql;
        buf_init(&sql);
        write(table, &sql);
        sqlite3_prepare_v3(self->db.handle, sql.data, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
        buf_fini(&sql);
    }
    statement_text(*slot, 1, rows);
    enum directory_result result = statement_run(&self->db, *slot);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

static bool is_named(const struct db_table *table, const char *name)
{
    return strcmp(table->name, name) == 0;
}

/* Whether a token among ROWS is another one now, as the triggers of revision ask; its last use does not count. */
static enum directory_result look_at_tokens(struct copy *self, const char *rows)
{
    int64_t some = 0;
    struct sqlite3_stmt *stmt = statement_use(
        &self->db, STATEMENT_COMPARE_TOKENS,
        "SELECT EXISTS (SELECT 1 FROM json_each(?1) JOIN token ON token.id = json_extract(value, '$.id') WHERE "
        "hash <> from_hex(json_extract(value, '$.hash')) OR user IS NOT json_extract(value, '$.user') OR "
        "expires_ms <> json_extract(value, '$.expires_ms') OR scope IS NOT json_extract(value, '$.scope') OR "
        "workspace IS NOT json_extract(value, '$.workspace'))");
    statement_text(stmt, 1, rows);
    enum directory_result result = statement_number(&self->db, stmt, &some);
    self->revokes |= some != 0;
    return result;
}

enum directory_result copy_put(struct copy *self, const struct db_table *table, const char *rows)
{
    enum directory_result result = is_named(table, "token") ? look_at_tokens(self, rows) : DIRECTORY_OK;
    return result == DIRECTORY_OK ? run(self, &self->put[table - self->tables.list], table, write_put, rows) : result;
}

enum directory_result copy_delete(struct copy *self, const struct db_table *table, const char *rows)
{
    self->revokes |= is_named(table, "token") || is_named(table, "member") || is_named(table, "workspace");
    return run(self, &self->delete[table - self->tables.list], table, write_delete, rows);
}

bool copy_is_count(struct copy *self, const char *row)
{
    struct db *db = &self->db;
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_IS_COUNT,
                      "SELECT count(*) FROM workspace "
                      "WHERE id = json_extract(?1, '$.id') AND next_dm <> json_extract(?1, '$.next_dm')");
    int64_t count = 0;
    statement_text(stmt, 1, row);
    return statement_number(db, stmt, &count) == DIRECTORY_OK && count > 0;
}

enum directory_result copy_reserve_tokens(struct copy *self, int64_t last)
{
    struct buf sql;
    buf_init(&sql);
    buf_printf(&sql,
               "DELETE FROM sqlite_sequence WHERE name = 'token';"
               "INSERT INTO sqlite_sequence (name, seq) VALUES ('token', %lld);",
               (long long)last);
    enum directory_result result = db_execute(&self->db, sql.data);
    buf_fini(&sql);
    return result;
}

static enum directory_result complete(struct copy *self, const struct copy_place *place)
{
    struct db *db = &self->db;
    enum directory_result result = copy_write_place(db, place);
    if (result == DIRECTORY_OK && self->revokes)
        result = db_execute(db, "UPDATE revision SET value = value + 1");
    return result == DIRECTORY_OK ? db_execute(db, "COMMIT") : result;
}

enum directory_result copy_end(struct copy *self, enum directory_result result, const struct copy_place *place)
{
    struct db *db = &self->db;
    if (result == DIRECTORY_OK)
        result = complete(self, place);
    if (result == DIRECTORY_OK)
        atomic_fetch_add(db->commits, 1);
    else if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* the error is kept */
    return result;
}
