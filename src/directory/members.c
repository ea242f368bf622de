/* SPDX-License-Identifier: ISC */
/*
 * Members, and the answer to "is this user a member?", which every request asks: it is remembered once it was yes. What
 * is no is asked again each time, so that a member who was added is let in at once.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory_private.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* A membership that exists. The key is workspace, NUL, user: neither holds a NUL, so no pair imitates another. */
struct member_entry {
    UT_hash_handle hh;
    char key[];
};

enum { KEY_MAX = IDS_WORKSPACE_MAX + 1 + IDS_USER_MAX };

/* A reader of rows: where each goes. */
struct reader {
    void (*fn)(void *ctx, const struct member_row *row);
    void *ctx;
};

static bool on_row(void *ctx, sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct member_row row = {statement_column(stmt, 0), statement_column(stmt, 1), statement_column(stmt, 2)};
    if (row.user == NULL || row.name == NULL || row.role == NULL || !ids_user_ok(row.user, strlen(row.user)))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

enum directory_result member_add_user(struct directory *self, const char *user)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_ADD_USER,
                                       "INSERT INTO user (id, created_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    statement_text(stmt, 1, user);
    statement_int(stmt, 2, clock_wall_ms());
    enum directory_result result = statement_run(self, stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

static enum directory_result add(struct directory *self, const char *workspace, const char *user, const char *name,
                                 const char *role)
{
    enum directory_result result = workspace_exists(self, workspace);
    if (result == DIRECTORY_OK)
        result = member_add_user(self, user);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_ADD_MEMBER,
                                       "INSERT INTO member (workspace, user, name, role, created_ms) "
                                       "VALUES (?1, ?2, coalesce(?3, ?2), coalesce(?4, 'member'), ?5)");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    statement_text(stmt, 3, name);
    statement_text(stmt, 4, role);
    statement_int(stmt, 5, clock_wall_ms());
    result = statement_run(self, stmt);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

/* Whether a member is called otherwise than NAME (NULL: never); NOT_FOUND if the member does not exist. */
static enum directory_result compare_name(struct directory *self, const char *workspace, const char *user,
                                          const char *name, int64_t *differs)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_COMPARE_NAME,
                                       "SELECT member.name <> coalesce(?3, member.name) FROM member "
                                       "JOIN workspace ON id = workspace WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    statement_text(stmt, 3, name);
    return statement_number(self, stmt, differs);
}

static enum directory_result change(struct directory *self, const char *workspace, const char *user, const char *name,
                                    const char *role)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_CHANGE_MEMBER,
                                       "UPDATE member SET name = coalesce(?3, name), role = coalesce(?4, role) "
                                       "WHERE workspace = ?1 AND user = ?2 AND (name <> ?3 OR role <> ?4)");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    statement_text(stmt, 3, name);
    statement_text(stmt, 4, role);
    return statement_run(self, stmt);
}

enum directory_result member_put(struct directory *self, const char *workspace, const char *user, const char *name,
                                 const char *role, enum member_change *changed)
{
    int64_t renamed = 0;
    *changed = MEMBER_SAME;
    if (!ids_user_ok(user, strlen(user)) || (role != NULL && !ids_role_ok(role, strlen(role))) ||
        (name != NULL && !ids_name_ok(name, strlen(name), LIMIT_NAME_BYTES)))
        return DIRECTORY_INVALID;
    enum directory_result result = compare_name(self, workspace, user, name, &renamed);
    if (result == DIRECTORY_NOT_FOUND) {
        *changed = MEMBER_CHANGED;
        return add(self, workspace, user, name, role);
    }
    if (result != DIRECTORY_OK)
        return result;
    result = change(self, workspace, user, name, role);
    if (result == DIRECTORY_OK)
        *changed = renamed != 0 ? MEMBER_RENAMED : MEMBER_CHANGED;
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result directory_put_member(struct directory *self, const char *workspace, const char *user,
                                           const char *name, const char *role, enum member_change *changed)
{
    enum member_change different = MEMBER_SAME;
    enum directory_result result = transaction_begin(self);
    if (result == DIRECTORY_OK)
        result = transaction_end(self, member_put(self, workspace, user, name, role, &different));
    if (changed != NULL)
        *changed = result == DIRECTORY_OK || result == DIRECTORY_CREATED ? different : MEMBER_SAME;
    return result;
}

static enum directory_result delete (struct directory *self, const char *workspace, const char *user) {
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_DELETE_MEMBER,
                                       "DELETE FROM member WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    return statement_run(self, stmt);
}

enum directory_result directory_delete_member(struct directory *self, const char *workspace, const char *user,
                                              void (*fn)(void *ctx, const char *partner), void *ctx)
{
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    if (fn != NULL)
        result = directory_each_partner(self, workspace, &user, 1, fn, ctx);
    return transaction_end(self, result == DIRECTORY_OK ? delete (self, workspace, user) : result);
}

enum directory_result directory_get_member(struct directory *self, const char *workspace, const char *user,
                                           void (*fn)(void *ctx, const struct member_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_GET_MEMBER,
                                       "SELECT user, member.name, role FROM member JOIN workspace ON id = workspace "
                                       "WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    result = statement_step(self, stmt);
    if (result == DIRECTORY_OK && !on_row(&reader, stmt))
        result = DIRECTORY_NOT_FOUND;
    statement_done(stmt);
    return result;
}

enum directory_result member_exists(struct directory *self, const char *workspace, const char *user)
{
    int64_t one;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_HAS_MEMBER,
                                       "SELECT 1 FROM member JOIN workspace ON id = workspace "
                                       "WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    return statement_number(self, stmt, &one);
}

/* NOLINTNEXTLINE(readability-function-size): it is uthash's macro that is long */
static struct member_entry *find(const struct directory *self, const char *key, size_t len)
{
    struct member_entry *entry;
    HASH_FIND(hh, self->members, key, (unsigned)len, entry);
    return entry;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void remember(struct directory *self, const char *key, size_t len)
{
    if (HASH_COUNT(self->members) >= REMEMBERED_MAX)
        members_forget(self);
    struct member_entry *entry = mem_new(sizeof *entry + len);
    memcpy(entry->key, key, len);
    HASH_ADD(hh, self->members, key, (unsigned)len, entry);
}

enum directory_result directory_is_member(struct directory *self, const char *workspace, const char *user)
{
    enum directory_result result = directory_fresh(self);
    size_t workspace_len = strlen(workspace);
    size_t user_len = strlen(user);
    if (result != DIRECTORY_OK)
        return result;
    if (workspace_len > IDS_WORKSPACE_MAX || user_len > IDS_USER_MAX)
        return DIRECTORY_NOT_FOUND;
    char key[KEY_MAX + 1];
    size_t len = workspace_len + 1 + user_len;
    memcpy(key, workspace, workspace_len + 1);
    memcpy(key + workspace_len + 1, user, user_len + 1);
    if (find(self, key, len) != NULL)
        return DIRECTORY_OK;
    result = member_exists(self, workspace, user);
    if (result == DIRECTORY_OK)
        remember(self, key, len);
    return result;
}

enum directory_result directory_has_member(struct directory *self, const char *workspace, const char *user)
{
    enum directory_result result = directory_ready(self);
    return result == DIRECTORY_OK ? member_exists(self, workspace, user) : result;
}

size_t members_remembered(const struct directory *self)
{
    return HASH_COUNT(self->members);
}

void members_forget(struct directory *self)
{
    struct member_entry *entry = self->members;
    HASH_CLEAR(hh, self->members);
    while (entry != NULL) {
        struct member_entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
}

enum directory_result directory_each_member(struct directory *self, const char *workspace, const char *after,
                                            size_t limit, void (*fn)(void *ctx, const struct member_row *row),
                                            void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_EACH_MEMBER,
                      "SELECT user, name, role FROM member WHERE workspace = ?1 AND user > ?2 ORDER BY user");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, after != NULL ? after : "");
    return statement_each(self, stmt, limit, "members", on_row, &reader);
}
