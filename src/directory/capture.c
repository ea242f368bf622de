/* SPDX-License-Identifier: ISC */
/* See capture.h. */
#include "directory/capture.h"

#include "base/buf.h"
#include "directory/statement.h"

#include <sqlite3.h>
#include <string.h>

/* How many rows one statement of the record gets at most: a message of some 100 KB. */
enum { RUN_ROWS = 500 };

static const char table_sql[] = "CREATE TEMP TABLE change (id INTEGER PRIMARY KEY, tbl TEXT, op TEXT, row TEXT)";

static void add_trigger(const struct db_table *table, const char *event, bool is_delete, struct buf *sql)
{
    static const struct table_format now = {"'%', NEW.\"%\"", "'%', '\\x' || hex(NEW.\"%\")", ", "};
    static const struct table_format before = {"'%', OLD.\"%\"", "'%', '\\x' || hex(OLD.\"%\")", ", "};
    buf_printf(sql,
               "CREATE TEMP TRIGGER \"capture_%s_%s\" AFTER %s ON main.\"%s\" BEGIN "
               "INSERT INTO change (tbl, op, row) VALUES ('%s', '%s', json_object(",
               table->name, event, event, table->name, table->name, is_delete ? "del" : "put");
    table_list(table, TABLE_ALL, is_delete ? &before : &now, sql);
    buf_add_text(sql, ")); END;");
}

enum directory_result capture_start(struct db *db, const struct tables *tables)
{
    struct buf sql;
    buf_init(&sql);
    buf_printf(&sql, "%s;", table_sql);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        add_trigger(&tables->list[i], "INSERT", false, &sql);
        add_trigger(&tables->list[i], "UPDATE", false, &sql);
        add_trigger(&tables->list[i], "DELETE", true, &sql);
    }
    enum directory_result result = db_execute(db, sql.data);
    buf_fini(&sql);
    return result;
}

/* Rows of one kind are collected until another kind comes. */
struct run {
    const struct tables *tables;
    captured_fn *fn;
    void *ctx;
    struct captured captured; /* its table is NULL while there is no row */
    struct buf rows;
    size_t count;
    enum directory_result result;
};

static void hand_on(struct run *run)
{
    if (run->count == 0)
        return;
    buf_add_char(&run->rows, ']');
    run->captured.rows = run->rows.data;
    if (run->result == DIRECTORY_OK)
        run->result = run->fn(run->ctx, &run->captured);
    buf_clear(&run->rows);
    run->count = 0;
}

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    struct run *run = ctx;
    const struct db_table *table = tables_find(run->tables, statement_column(stmt, 0));
    bool is_delete = strcmp(statement_column(stmt, 1), "del") == 0;
    if (table != run->captured.table || is_delete != run->captured.is_delete || run->count == RUN_ROWS)
        hand_on(run);
    run->captured.table = table;
    run->captured.is_delete = is_delete;
    buf_add_char(&run->rows, run->count++ == 0 ? '[' : ',');
    buf_add_text(&run->rows, (const char *)sqlite3_column_text(stmt, 2));
    return true;
}

enum directory_result capture_each(struct db *db, const struct tables *tables, captured_fn *fn, void *ctx)
{
    struct run run = {.tables = tables, .fn = fn, .ctx = ctx, .result = DIRECTORY_OK};
    struct row_reader rows = {on_row, &run, "changes", SIZE_MAX};
    buf_init(&run.rows);
    enum directory_result result = statement_each(
        db, statement_use(db, STATEMENT_CAPTURED, "SELECT tbl, op, row FROM temp.change ORDER BY id"), &rows);
    hand_on(&run);
    buf_fini(&run.rows);
    return result == DIRECTORY_OK ? run.result : result;
}

enum directory_result capture_any(struct db *db, bool *any)
{
    int64_t some = 0;
    enum directory_result result = statement_number(
        db, statement_use(db, STATEMENT_HAS_CAPTURED, "SELECT EXISTS (SELECT 1 FROM temp.change)"), &some);
    *any = some != 0;
    return result;
}
