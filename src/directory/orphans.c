/* SPDX-License-Identifier: ISC */
/*
 * Rows that refer to what is not there, as a program leaves them that does not enforce foreign keys: an administrator's shell,
 * or half a dump. A member of a workspace that is gone must not become one of the next that is called so.
 */
#include "base/buf.h"
#include "base/log.h"
#include "directory/directory_private.h"

#include <stdlib.h>

/* For each foreign key of ours: its table, and which of its rows are orphans. */
static const char keys_sql[] =
    "SELECT l.name, '\"' || l.name || '\" WHERE ' "
    "    || group_concat('\"' || f.\"from\" || '\" IS NOT NULL', ' AND ') "
    "    || ' AND NOT EXISTS (SELECT 1 FROM \"' || f.\"table\" || '\" AS parent WHERE ' "
    "    || group_concat('parent.\"' || f.\"to\" || '\" = \"' || l.name || '\".\"' || f.\"from\" || '\"', ' AND ') || ')' "
    "FROM pragma_table_list AS l, pragma_foreign_key_list(l.name) AS f "
    "WHERE l.schema = 'main' AND l.type = 'table' GROUP BY l.name, f.id";

/* Does one thing to the orphans of a foreign key. */
typedef enum directory_result key_fn(struct directory *self, const char *table, const char *orphans, struct buf *found);

static enum directory_result each_key(struct directory *self, sqlite3 *model, key_fn *fn, struct buf *found)
{
    sqlite3_stmt *keys = NULL;
    enum directory_result result = DIRECTORY_OK;
    int rc = sqlite3_prepare_v2(model, keys_sql, -1, &keys, NULL);
    while (rc == SQLITE_OK && result == DIRECTORY_OK && sqlite3_step(keys) == SQLITE_ROW)
        result =
            fn(self, (const char *)sqlite3_column_text(keys, 0), (const char *)sqlite3_column_text(keys, 1), found);
    sqlite3_finalize(keys);
    return rc == SQLITE_OK ? result : directory_fail(self, rc);
}

/* A statement that is used once. */
static enum directory_result run(struct directory *self, const char *verb, const char *orphans, const char *end,
                                 int64_t *number)
{
    struct buf sql;
    sqlite3_stmt *stmt = NULL;
    buf_init(&sql);
    buf_printf(&sql, "%s%s%s", verb, orphans, end);
    sqlite3_prepare_v2(self->db, sql.data, -1, &stmt, NULL);
    enum directory_result result = number != NULL ? statement_number(self, stmt, number) : statement_run(self, stmt);
    sqlite3_finalize(stmt);
    buf_fini(&sql);
    return result;
}

static enum directory_result look(struct directory *self, const char *table, const char *orphans, struct buf *found)
{
    int64_t some = 0;
    enum directory_result result = run(self, "SELECT EXISTS (SELECT 1 FROM ", orphans, ")", &some);
    if (result == DIRECTORY_OK && some != 0)
        buf_add_text(found, table);
    return result;
}

static enum directory_result take(struct directory *self, const char *table, const char *orphans, struct buf *found)
{
    enum directory_result result = run(self, "DELETE FROM ", orphans, "", NULL);
    if (result == DIRECTORY_OK)
        buf_printf(found, "%s%d of %s", found->len > 0 ? ", " : "", sqlite3_changes(self->db), table);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

static enum directory_result take_all(struct directory *self, sqlite3 *model)
{
    struct buf found;
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    buf_init(&found);
    result = transaction_end(self, each_key(self, model, take, &found));
    if (result == DIRECTORY_OK && found.len > 0)
        log_warn(
            "the database %s held rows that belong to nothing, as a program leaves them that does not enforce foreign "
            "keys; they were removed: %s",
            self->path, found.data);
    buf_fini(&found);
    return result;
}

enum directory_result directory_tidy(struct directory *self)
{
    sqlite3 *model = schema_model(INT64_MAX);
    struct buf found;
    buf_init(&found);
    enum directory_result result = each_key(self, model, look, &found);
    if (result == DIRECTORY_OK && found.len > 0)
        result = take_all(self, model);
    buf_fini(&found);
    sqlite3_close(model);
    return result;
}
