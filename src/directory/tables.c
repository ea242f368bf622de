/* SPDX-License-Identifier: ISC */
/* See tables.h. */
#include "directory/tables.h"

#include "base/buf.h"
#include "base/mem.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[TABLE_COUNT] = {
    "workspace", "user", "member", "dm", "dm_participant", "token", "named", "opening", "status", "layer", "webhook",
};

static void add_column(struct db_table *table, sqlite3_stmt *stmt)
{
    table->columns = mem_resize(table->columns, table->column_count + 1, sizeof *table->columns);
    table->columns[table->column_count++] = (struct table_column){
        .name = mem_text((const char *)sqlite3_column_text(stmt, 0)),
        .is_blob = strcmp((const char *)sqlite3_column_text(stmt, 1), "BLOB") == 0,
        .is_key = sqlite3_column_int(stmt, 2) > 0,
    };
}

static enum directory_result read_columns(struct db_table *table, struct db *db)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid", -1, &stmt,
                                NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        add_column(table, stmt);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? DIRECTORY_OK : db_fail(db, rc);
}

enum directory_result tables_read(struct tables *self, struct db *db)
{
    enum directory_result result = DIRECTORY_OK;
    *self = (struct tables){0};
    for (size_t i = 0; i < TABLE_COUNT && result == DIRECTORY_OK; i++) {
        self->list[i].name = names[i];
        result = read_columns(&self->list[i], db);
    }
    return result;
}

void tables_fini(struct tables *self)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (size_t k = 0; k < self->list[i].column_count; k++)
            free(self->list[i].columns[k].name);
        free(self->list[i].columns);
    }
}

const struct db_table *tables_find(const struct tables *self, const char *name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (strcmp(self->list[i].name, name) == 0)
            return &self->list[i];
    return NULL;
}

static bool is_in(const struct table_column *column, enum table_part part)
{
    return part == TABLE_ALL || column->is_key == (part == TABLE_KEY);
}

/* Names of columns are ours: they need no escapes. */
static void add_formatted(const char *format, const char *name, struct buf *out)
{
    for (; *format; format++) {
        if (*format == '%')
            buf_add_text(out, name);
        else
            buf_add_char(out, *format);
    }
}

bool table_list(const struct db_table *table, enum table_part part, const struct table_format *format, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        if (!is_in(column, part))
            continue;
        if (any)
            buf_add_text(out, format->separator);
        add_formatted(column->is_blob && format->blob ? format->blob : format->column, column->name, out);
        any = true;
    }
    return any;
}

void table_on_conflict(const struct db_table *table, struct buf *out)
{
    static const struct table_format key = {.column = "\"%\"", .separator = ", "};
    static const struct table_format update = {.column = "\"%\" = excluded.\"%\"", .separator = ", "};
    buf_add_text(out, " ON CONFLICT (");
    table_list(table, TABLE_KEY, &key, out);
    size_t len = out->len;
    buf_add_text(out, ") DO UPDATE SET ");
    if (table_list(table, TABLE_REST, &update, out))
        return;
    out->len = len;
    buf_add_text(out, ") DO NOTHING");
}
