/* SPDX-License-Identifier: ISC */
/* See workspaces.h. */
#include "directory/workspaces.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

#include <string.h>

#define COUNTED   "id, name, (SELECT count(*) FROM member WHERE workspace = workspace.id), created_ms"
#define UNCOUNTED "id, name, 0, created_ms"

/* Where the rows go. */
struct reader {
    workspace_fn *fn;
    void *ctx;
};

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct workspace_row row = {
        .id = statement_column(stmt, 0),
        .name = statement_column(stmt, 1),
        .members = statement_column_int(stmt, 2),
        .created_ms = statement_column_int(stmt, 3),
    };
    if (!row.id || !row.name || !ids_workspace_ok(row.id, strlen(row.id)))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

enum directory_result workspace_exists(struct db *db, const char *workspace)
{
    int64_t one;
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_HAS_WORKSPACE, "SELECT 1 FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, workspace);
    return statement_number(db, stmt, &one);
}

static enum directory_result add(struct db *db, const char *id, const char *name)
{
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_ADD_WORKSPACE, "INSERT INTO workspace (id, name, created_ms) VALUES (?1, coalesce(?2, ?1), ?3)");
    statement_text(stmt, 1, id);
    statement_text(stmt, 2, name);
    statement_int(stmt, 3, clock_wall_ms());
    enum directory_result result = statement_run(db, stmt);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

static enum directory_result put(struct db *db, const char *id, const char *name, bool *renamed)
{
    enum directory_result result = workspace_exists(db, id);
    if (result == DIRECTORY_NOT_FOUND)
        return add(db, id, name);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_RENAME_WORKSPACE, "UPDATE workspace SET name = ?2 WHERE id = ?1 AND name <> ?2");
    statement_text(stmt, 1, id);
    statement_text(stmt, 2, name);
    result = statement_run(db, stmt);
    *renamed = result == DIRECTORY_OK;
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result directory_put_workspace(struct directory *self, const char *id, const char *name, bool *renamed)
{
    if (!ids_workspace_ok(id, strlen(id)) || (name && !ids_name_ok(name, strlen(name), LIMIT_NAME_BYTES)))
        return DIRECTORY_INVALID;
    bool different = false;
    enum directory_result result = transaction_begin(&self->db);
    if (result == DIRECTORY_OK)
        result = transaction_end(&self->db, put(&self->db, id, name, &different));
    if (renamed)
        *renamed = different && result == DIRECTORY_OK;
    return result;
}

enum directory_result directory_delete_workspace(struct directory *self, const char *id)
{
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_DELETE_WORKSPACE, "DELETE FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, id);
    return transaction_end(&self->db, statement_run(&self->db, stmt));
}

enum directory_result directory_get_workspace(struct directory *self, const char *id, workspace_fn *fn, void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_GET_WORKSPACE, "SELECT " COUNTED " FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, id);
    result = statement_step(&self->db, stmt);
    if (result == DIRECTORY_OK && !on_row(&reader, stmt))
        result = DIRECTORY_NOT_FOUND;
    statement_done(stmt);
    return result;
}

enum directory_result directory_has_workspace(struct directory *self, const char *id)
{
    enum directory_result result = db_ready(&self->db);
    return result == DIRECTORY_OK ? workspace_exists(&self->db, id) : result;
}

/* Some workspaces, by a statement whose one parameter is TEXT. */
struct selection {
    enum statement which;
    const char *sql;
    const char *text;
    size_t limit;
};

static enum directory_result each(struct db *db, const struct selection *selection, workspace_fn *fn, void *ctx)
{
    enum directory_result result = db_ready(db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct row_reader rows = {on_row, &reader, "workspaces", selection->limit};
    struct sqlite3_stmt *stmt = statement_use(db, selection->which, selection->sql);
    statement_text(stmt, 1, selection->text);
    return statement_each(db, stmt, &rows);
}

enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               workspace_fn *fn, void *ctx)
{
    const struct selection selection = {STATEMENT_EACH_WORKSPACE,
                                        "SELECT " COUNTED " FROM workspace WHERE id > ?1 ORDER BY id",
                                        after ? after : "", limit};
    return each(&self->db, &selection, fn, ctx);
}

enum directory_result directory_each_workspace_id(struct directory *self, const char *after, size_t limit,
                                                  workspace_fn *fn, void *ctx)
{
    const struct selection selection = {STATEMENT_EACH_WORKSPACE_ID,
                                        "SELECT " UNCOUNTED " FROM workspace WHERE id > ?1 ORDER BY id",
                                        after ? after : "", limit};
    return each(&self->db, &selection, fn, ctx);
}

enum directory_result directory_each_workspace_of(struct directory *self, const char *user, workspace_fn *fn, void *ctx)
{
    const struct selection selection = {STATEMENT_EACH_WORKSPACE_OF,
                                        "SELECT " UNCOUNTED " FROM workspace "
                                        "WHERE id IN (SELECT workspace FROM member WHERE user = ?1) ORDER BY id",
                                        user, SIZE_MAX};
    return each(&self->db, &selection, fn, ctx);
}
