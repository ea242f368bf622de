/* SPDX-License-Identifier: ISC */
/* See members.h. */
#include "directory/members.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "directory/dms.h"
#include "directory/members_private.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

#include <string.h>

/* Where the rows go. */
struct reader {
    member_fn *fn;
    void *ctx;
};

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct member_row row = {statement_column(stmt, 0), statement_column(stmt, 1), statement_column(stmt, 2)};
    if (!row.user || !row.name || !row.role || !ids_user_ok(row.user, strlen(row.user)))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

enum directory_result member_add_user(struct db *db, const char *user)
{
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_ADD_USER, "INSERT INTO user (id, created_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    statement_text(stmt, 1, user);
    statement_int(stmt, 2, clock_wall_ms());
    enum directory_result result = statement_run(db, stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

/* Binds the first four parameters of the statements that write a member. */
static void bind_edit(struct sqlite3_stmt *stmt, const char *workspace, const struct member_edit *edit)
{
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, edit->user);
    statement_text(stmt, 3, edit->name);
    statement_text(stmt, 4, edit->role);
}

static enum directory_result add(struct db *db, const char *workspace, const struct member_edit *edit)
{
    enum directory_result result = workspace_exists(db, workspace);
    if (result == DIRECTORY_OK)
        result = member_add_user(db, edit->user);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_ADD_MEMBER,
                                              "INSERT INTO member (workspace, user, name, role, created_ms) "
                                              "VALUES (?1, ?2, coalesce(?3, ?2), coalesce(?4, 'member'), ?5)");
    bind_edit(stmt, workspace, edit);
    statement_int(stmt, 5, clock_wall_ms());
    result = statement_run(db, stmt);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

/* Whether the member has another name than that of EDIT (NULL: never); NOT_FOUND if there is no such member. */
static enum directory_result compare_name(struct db *db, const char *workspace, const struct member_edit *edit,
                                          int64_t *differs)
{
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_COMPARE_NAME,
                                              "SELECT member.name <> coalesce(?3, member.name) FROM member "
                                              "JOIN workspace ON id = workspace WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, edit->user);
    statement_text(stmt, 3, edit->name);
    return statement_number(db, stmt, differs);
}

static enum directory_result change(struct db *db, const char *workspace, const struct member_edit *edit)
{
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_CHANGE_MEMBER,
                                              "UPDATE member SET name = coalesce(?3, name), role = coalesce(?4, role) "
                                              "WHERE workspace = ?1 AND user = ?2 AND (name <> ?3 OR role <> ?4)");
    bind_edit(stmt, workspace, edit);
    return statement_run(db, stmt);
}

static bool edit_ok(const struct member_edit *edit)
{
    return ids_user_ok(edit->user, strlen(edit->user)) &&
           (!edit->role || ids_role_ok(edit->role, strlen(edit->role))) &&
           (!edit->name || ids_name_ok(edit->name, strlen(edit->name), LIMIT_NAME_BYTES));
}

enum directory_result member_put(struct db *db, const char *workspace, const struct member_edit *edit,
                                 enum member_change *changed)
{
    *changed = MEMBER_SAME;
    if (!edit_ok(edit))
        return DIRECTORY_INVALID;
    int64_t renamed = 0;
    enum directory_result result = compare_name(db, workspace, edit, &renamed);
    if (result == DIRECTORY_NOT_FOUND) {
        *changed = MEMBER_CHANGED;
        return add(db, workspace, edit);
    }
    if (result != DIRECTORY_OK)
        return result;
    result = change(db, workspace, edit);
    if (result == DIRECTORY_OK)
        *changed = renamed != 0 ? MEMBER_RENAMED : MEMBER_CHANGED;
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result directory_put_member(struct directory *self, const char *workspace,
                                           const struct member_edit *edit, enum member_change *changed)
{
    enum member_change different = MEMBER_SAME;
    enum directory_result result = transaction_begin(&self->db);
    if (result == DIRECTORY_OK)
        result = transaction_end(&self->db, member_put(&self->db, workspace, edit, &different));
    if (changed)
        *changed = result == DIRECTORY_OK || result == DIRECTORY_CREATED ? different : MEMBER_SAME;
    return result;
}

static enum directory_result delete_row(struct db *db, const char *workspace, const char *user)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_DELETE_MEMBER, "DELETE FROM member WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    return statement_run(db, stmt);
}

enum directory_result directory_delete_member(struct directory *self, const char *workspace, const char *user,
                                              void (*fn)(void *ctx, const char *partner), void *ctx)
{
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    if (fn)
        result = directory_each_partner(self, workspace, &(struct user_list){&user, 1}, fn, ctx);
    if (result == DIRECTORY_OK)
        result = delete_row(&self->db, workspace, user);
    return transaction_end(&self->db, result);
}

enum directory_result directory_get_member(struct directory *self, const char *workspace, const char *user,
                                           member_fn *fn, void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct sqlite3_stmt *stmt = statement_use(&self->db, STATEMENT_GET_MEMBER,
                                              "SELECT user, member.name, role FROM member "
                                              "JOIN workspace ON id = workspace WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    result = statement_step(&self->db, stmt);
    if (result == DIRECTORY_OK && !on_row(&reader, stmt))
        result = DIRECTORY_NOT_FOUND;
    statement_done(stmt);
    return result;
}

enum directory_result member_exists(struct db *db, const char *workspace, const char *user)
{
    int64_t one;
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_HAS_MEMBER,
                                              "SELECT 1 FROM member JOIN workspace ON id = workspace "
                                              "WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    return statement_number(db, stmt, &one);
}

enum directory_result directory_is_member(struct directory *self, const char *workspace, const char *user)
{
    enum directory_result result = revision_update(&self->revision, &self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct member_key key;
    if (!member_key_make(&key, workspace, user))
        return DIRECTORY_NOT_FOUND;
    member_memory_at(&self->members, self->revision.value);
    if (member_memory_has(&self->members, &key))
        return DIRECTORY_OK;
    result = member_exists(&self->db, workspace, user);
    if (result == DIRECTORY_OK)
        member_memory_add(&self->members, &key);
    return result;
}

enum directory_result directory_has_member(struct directory *self, const char *workspace, const char *user)
{
    enum directory_result result = db_ready(&self->db);
    return result == DIRECTORY_OK ? member_exists(&self->db, workspace, user) : result;
}

enum directory_result directory_each_member(struct directory *self, const struct member_range *range, member_fn *fn,
                                            void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct row_reader rows = {on_row, &reader, "members", range->limit};
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_EACH_MEMBER,
                      "SELECT user, name, role FROM member WHERE workspace = ?1 AND user > ?2 ORDER BY user");
    statement_text(stmt, 1, range->workspace);
    statement_text(stmt, 2, range->after ? range->after : "");
    return statement_each(&self->db, stmt, &rows);
}
