/* SPDX-License-Identifier: ISC */
/* See orphans.h. */
#include "directory/orphans.h"

#include "base/buf.h"
#include "base/log.h"
#include "directory/parts_private.h"
#include "directory/schema.h"
#include "directory/statement.h"
#include "directory/transaction.h"

#include <sqlite3.h>
#include <stdlib.h>

/* For each of our foreign keys: its table, and which of its rows are orphans. */
static const char keys_sql[] =
    "SELECT l.name, '\"' || l.name || '\" WHERE ' "
    "    || group_concat('\"' || f.\"from\" || '\" IS NOT NULL', ' AND ') "
    "    || ' AND NOT EXISTS (SELECT 1 FROM \"' || f.\"table\" || '\" AS parent WHERE ' "
    "    || group_concat('parent.\"' || f.\"to\" || '\" = \"' || l.name || '\".\"' || f.\"from\" || '\"', ' AND ') "
    "    || ')' "
    "FROM pragma_table_list AS l, pragma_foreign_key_list(l.name) AS f "
    "WHERE l.schema = 'main' AND l.type = 'table' GROUP BY l.name, f.id";

/* The rows of TABLE that are orphans by one foreign key. */
struct orphans {
    const char *table;
    const char *where; /* for after FROM */
};

/* Does one thing to the orphans of a foreign key; FOUND collects what is said of them. */
typedef enum directory_result key_fn(struct db *db, const struct orphans *orphans, struct buf *found);

static enum directory_result each_key(struct db *db, sqlite3 *model, key_fn *fn, struct buf *found)
{
    sqlite3_stmt *keys = NULL;
    enum directory_result result = DIRECTORY_OK;
    int rc = sqlite3_prepare_v2(model, keys_sql, -1, &keys, NULL);
    while (rc == SQLITE_OK && result == DIRECTORY_OK && sqlite3_step(keys) == SQLITE_ROW) {
        struct orphans orphans = {(const char *)sqlite3_column_text(keys, 0),
                                  (const char *)sqlite3_column_text(keys, 1)};
        result = fn(db, &orphans, found);
    }
    sqlite3_finalize(keys);
    return rc == SQLITE_OK ? result : db_fail(db, rc);
}

static enum directory_result look(struct db *db, const struct orphans *orphans, struct buf *found)
{
    struct buf sql;
    buf_init(&sql);
    buf_printf(&sql, "SELECT EXISTS (SELECT 1 FROM %s)", orphans->where);
    int64_t some = 0;
    enum directory_result result = statement_number_once(db, sql.data, &some);
    buf_fini(&sql);
    if (result == DIRECTORY_OK && some != 0)
        buf_add_text(found, orphans->table);
    return result;
}

static enum directory_result take(struct db *db, const struct orphans *orphans, struct buf *found)
{
    struct buf sql;
    buf_init(&sql);
    buf_printf(&sql, "DELETE FROM %s", orphans->where);
    enum directory_result result = db_execute(db, sql.data);
    buf_fini(&sql);
    int count = sqlite3_changes(db->handle);
    if (result == DIRECTORY_OK && count > 0)
        buf_printf(found, "%s%d of %s", found->len > 0 ? ", " : "", count, orphans->table);
    return result;
}

static enum directory_result take_all(struct db *db, sqlite3 *model)
{
    enum directory_result result = transaction_begin(db);
    if (result != DIRECTORY_OK)
        return result;
    struct buf found;
    buf_init(&found);
    result = transaction_end(db, each_key(db, model, take, &found));
    if (result == DIRECTORY_OK && found.len > 0)
        log_warn(
            "the database %s held rows that refer to missing rows, left by a program that does not enforce foreign "
            "keys; they were removed: %s",
            db->path, found.data);
    buf_fini(&found);
    return result;
}

enum directory_result directory_tidy(struct directory *self)
{
    sqlite3 *model = schema_model(INT64_MAX);
    struct buf found;
    buf_init(&found);
    enum directory_result result = each_key(&self->db, model, look, &found);
    if (result == DIRECTORY_OK && found.len > 0)
        result = take_all(&self->db, model);
    buf_fini(&found);
    sqlite3_close(model);
    return result;
}
