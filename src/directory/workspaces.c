/* SPDX-License-Identifier: ISC */
/* Workspaces: made, renamed, removed by administrators, and listed. */
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "directory/directory_private.h"

#include <string.h>

#define COLUMNS "id, name, (SELECT count(*) FROM member WHERE workspace = workspace.id), created_ms"

/* A reader of rows: where each goes. */
struct reader {
    void (*fn)(void *ctx, const struct workspace_row *row);
    void *ctx;
};

static bool on_row(void *ctx, sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct workspace_row row = {
        .id = statement_column(stmt, 0),
        .name = statement_column(stmt, 1),
        .members = sqlite3_column_int64(stmt, 2),
        .created_ms = sqlite3_column_int64(stmt, 3),
    };
    if (row.id == NULL || row.name == NULL || !ids_workspace_ok(row.id, strlen(row.id)))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

enum directory_result workspace_exists(struct directory *self, const char *workspace)
{
    int64_t one;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_HAS_WORKSPACE, "SELECT 1 FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, workspace);
    return statement_number(self, stmt, &one);
}

static enum directory_result add(struct directory *self, const char *id, const char *name)
{
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_ADD_WORKSPACE,
                      "INSERT INTO workspace (id, name, created_ms) VALUES (?1, coalesce(?2, ?1), ?3)");
    statement_text(stmt, 1, id);
    statement_text(stmt, 2, name);
    statement_int(stmt, 3, clock_wall_ms());
    enum directory_result result = statement_run(self, stmt);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

static enum directory_result put(struct directory *self, const char *id, const char *name, bool *renamed)
{
    enum directory_result result = workspace_exists(self, id);
    if (result == DIRECTORY_NOT_FOUND)
        return add(self, id, name);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_RENAME_WORKSPACE, "UPDATE workspace SET name = ?2 WHERE id = ?1 AND name <> ?2");
    statement_text(stmt, 1, id);
    statement_text(stmt, 2, name);
    result = statement_run(self, stmt);
    *renamed = result == DIRECTORY_OK;
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result directory_put_workspace(struct directory *self, const char *id, const char *name, bool *renamed)
{
    bool different = false;
    if (!ids_workspace_ok(id, strlen(id)) || (name != NULL && !ids_name_ok(name, strlen(name), LIMIT_NAME_BYTES)))
        return DIRECTORY_INVALID;
    enum directory_result result = transaction_begin(self);
    if (result == DIRECTORY_OK)
        result = transaction_end(self, put(self, id, name, &different));
    if (renamed != NULL)
        *renamed = different && result == DIRECTORY_OK;
    return result;
}

enum directory_result directory_delete_workspace(struct directory *self, const char *id)
{
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_DELETE_WORKSPACE, "DELETE FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, id);
    return transaction_end(self, statement_run(self, stmt));
}

enum directory_result directory_get_workspace(struct directory *self, const char *id,
                                              void (*fn)(void *ctx, const struct workspace_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_GET_WORKSPACE, "SELECT " COLUMNS " FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, id);
    result = statement_step(self, stmt);
    if (result == DIRECTORY_OK && !on_row(&reader, stmt))
        result = DIRECTORY_NOT_FOUND;
    statement_done(stmt);
    return result;
}

enum directory_result directory_has_workspace(struct directory *self, const char *id)
{
    enum directory_result result = directory_ready(self);
    return result == DIRECTORY_OK ? workspace_exists(self, id) : result;
}

enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               void (*fn)(void *ctx, const struct workspace_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_EACH_WORKSPACE, "SELECT " COLUMNS " FROM workspace WHERE id > ?1 ORDER BY id");
    statement_text(stmt, 1, after != NULL ? after : "");
    return statement_each(self, stmt, limit, "workspaces", on_row, &reader);
}

enum directory_result directory_each_workspace_of(struct directory *self, const char *user,
                                                  void (*fn)(void *ctx, const struct workspace_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_EACH_WORKSPACE_OF,
                                       "SELECT id, name, 0, created_ms FROM workspace "
                                       "WHERE id IN (SELECT workspace FROM member WHERE user = ?1) ORDER BY id");
    statement_text(stmt, 1, user);
    return statement_each(self, stmt, SIZE_MAX, "workspaces", on_row, &reader);
}
