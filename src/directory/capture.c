/* SPDX-License-Identifier: ISC */
/* See capture.h. */
#include "directory/capture.h"

#include "base/buf.h"
#include "directory/statement.h"

#include <sqlite3.h>

/* How many rows one statement of the record gets at most: a message of some 100 KB. */
enum { RUN_ROWS = 500 };

static const char table_sql[] =
    "CREATE TEMP TABLE change (id INTEGER PRIMARY KEY, tbl INTEGER, key TEXT, is_delete INTEGER, row TEXT)";

/* What is deleted first is what refers to others, and what is put first is what others refer to. */
static const char changed_sql[] = "SELECT tbl, is_delete, row, max(id) AS last FROM temp.change GROUP BY tbl, key "
                                  "ORDER BY is_delete DESC, CASE is_delete WHEN 1 THEN -tbl ELSE tbl END, last";

static void add_trigger(const struct tables *tables, size_t i, const char *event, bool is_delete, struct buf *sql)
{
    static const struct table_format now = {"'%', NEW.\"%\"", "'%', '\\x' || hex(NEW.\"%\")", ", "};
    static const struct table_format before = {"'%', OLD.\"%\"", "'%', '\\x' || hex(OLD.\"%\")", ", "};
    static const struct table_format key = {"NEW.\"%\"", NULL, ", "};
    static const struct table_format old_key = {"OLD.\"%\"", NULL, ", "};
    const struct db_table *table = &tables->list[i];
    buf_printf(sql,
               "CREATE TEMP TRIGGER \"capture_%s_%s\" AFTER %s ON main.\"%s\" BEGIN "
               "INSERT INTO change (tbl, is_delete, key, row) VALUES (%zu, %d, json_array(",
               table->name, event, event, table->name, i, is_delete);
    table_list(table, TABLE_KEY, is_delete ? &old_key : &key, sql);
    buf_add_text(sql, "), json_object(");
    table_list(table, TABLE_ALL, is_delete ? &before : &now, sql);
    buf_add_text(sql, ")); END;");
}

enum directory_result capture_start(struct db *db, const struct tables *tables)
{
    struct buf sql;
    buf_init(&sql);
    buf_printf(&sql, "%s;", table_sql);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        add_trigger(tables, i, "INSERT", false, &sql);
        add_trigger(tables, i, "UPDATE", false, &sql);
        add_trigger(tables, i, "DELETE", true, &sql);
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
    run->captured.count = run->count;
    if (run->result == DIRECTORY_OK)
        run->result = run->fn(run->ctx, &run->captured);
    buf_clear(&run->rows);
    run->count = 0;
}

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    struct run *run = ctx;
    const struct db_table *table = &run->tables->list[statement_column_int(stmt, 0)];
    bool is_delete = statement_column_int(stmt, 1) != 0;
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
    enum directory_result result = statement_each(db, statement_use(db, STATEMENT_CAPTURED, changed_sql), &rows);
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
