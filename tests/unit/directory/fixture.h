/* SPDX-License-Identifier: ISC */
/*
 * What the tests of directory/ share: a database in a directory of its own, a second connection that is another
 * program, and lists of what was handed on.
 */
#ifndef ROLLCALL_TESTS_DIRECTORY_FIXTURE_H
#define ROLLCALL_TESTS_DIRECTORY_FIXTURE_H

#include "directory/backup.h"
#include "directory/dms.h"
#include "directory/import.h"
#include "directory/members.h"
#include "directory/migrate.h"
#include "directory/orphans.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/tokens.h"
#include "directory/transaction.h"
#include "directory/workspaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char root[64];  /* a directory that is removed with all in it */
    char path[128]; /* of the database in it */
    struct directory *directory;
    char error[DB_ERROR_BYTES];
};

/* The calls that take structs, with arguments. */

static inline enum directory_result put_member(struct directory *directory, const char *workspace, const char *user,
                                               const char *name, const char *role, enum member_change *changed)
{
    return directory_put_member(directory, workspace, &(struct member_edit){user, name, role}, changed);
}

static inline enum directory_result admit_member(struct directory *directory, const char *workspace, const char *user,
                                                 const char *name, int64_t issued_ms, enum member_change *changed)
{
    return directory_admit_member(directory, &(struct member_claim){workspace, user, name, issued_ms}, changed);
}

static inline enum directory_result each_member(struct directory *directory, const char *workspace, const char *after,
                                                size_t limit, member_fn *fn, void *ctx)
{
    return directory_each_member(directory, &(struct member_range){workspace, after, limit}, fn, ctx);
}

static inline enum directory_result import_add(struct directory *directory, const char *user, const char *name,
                                               const char *role, enum member_change *changed)
{
    return directory_import_add(directory, &(struct member_edit){user, name, role}, changed);
}

static inline enum directory_result open_dm(struct directory *directory, const char *workspace,
                                            const char *const *users, size_t count, const char *name, int64_t *id,
                                            size_t *invalid_user)
{
    struct dm_opening opening = {.users = {users, count}, .name = name};
    return directory_open_dm(directory, workspace, &opening, id, invalid_user);
}

static inline enum directory_result put_dm(struct directory *directory, const char *workspace, int64_t id,
                                           const char *const *users, size_t count, const char *name,
                                           size_t *invalid_user)
{
    struct dm_opening opening = {.users = {users, count}, .name = name};
    return directory_put_dm(directory, workspace, id, &opening, invalid_user);
}

static inline enum directory_result each_partner(struct directory *directory, const char *workspace,
                                                 const char *const *users, size_t count,
                                                 void (*fn)(void *ctx, const char *partner), void *ctx)
{
    return directory_each_partner(directory, workspace, &(struct user_list){users, count}, fn, ctx);
}

static inline enum directory_result grant_token(struct directory *directory, const unsigned char *hash,
                                                const char *user, const char *label, int64_t expires_ms, int64_t *id)
{
    const struct token_grant grant = {.hash = hash, .user = user, .label = label, .expires_ms = expires_ms};
    return directory_add_token(directory, &grant, id);
}

static inline int remove_one(const char *path, const struct stat *is, int kind, struct FTW *at)
{
    (void)is;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void fixture_path(struct fixture *self)
{
    const char *base = getenv("TMPDIR");
    memset(self, 0, sizeof *self);
    snprintf(self->root, sizeof self->root, "%.40s/rollcall-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(self->root));
    snprintf(self->path, sizeof self->path, "%s/rollcall.db", self->root);
}

static inline struct directory *fixture_open(struct fixture *self)
{
    self->directory = directory_open(self->path, self->error, sizeof self->error);
    if (self->directory == NULL)
        fail_msg("%s", self->error);
    return self->directory;
}

static inline void fixture_fini(struct fixture *self)
{
    directory_close(self->directory);
    nftw(self->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* cmocka's setup and teardown: a database with the workspace acme and its members u1, u2, u3. */
static inline int setup(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    fixture_path(self);
    struct directory *directory = fixture_open(self);
    assert_int_equal(directory_put_workspace(directory, "acme", "Acme", NULL), DIRECTORY_CREATED);
    assert_int_equal(put_member(directory, "acme", "u1", "Ursula", NULL, NULL), DIRECTORY_CREATED);
    assert_int_equal(put_member(directory, "acme", "u2", "Uwe", "admin", NULL), DIRECTORY_CREATED);
    assert_int_equal(put_member(directory, "acme", "u3", NULL, NULL, NULL), DIRECTORY_CREATED);
    *state = self;
    return 0;
}

static inline int teardown(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

/* SQL as another program would run it, an administrator's shell for one. */
static inline void elsewhere(struct fixture *self, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    assert_int_equal(sqlite3_open(self->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    sqlite3_close(db);
}

/* From now on, whoever writes a row of workspace fails. */
static inline void seal_workspaces(struct fixture *self)
{
    elsewhere(self, "CREATE TRIGGER sealed BEFORE UPDATE ON workspace BEGIN SELECT raise(ABORT, 'sealed'); END");
}

/* The number that SQL answers. */
static inline int64_t number_of(struct fixture *self, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(self->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}

/* What rows said, one after the other, each ended by a semicolon. */
struct list {
    char text[1024];
};

static inline void list_add(struct list *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void list_add(struct list *self, const char *format, ...)
{
    size_t len = strlen(self->text);
    va_list args;
    va_start(args, format);
    vsnprintf(self->text + len, sizeof self->text - len, format, args);
    va_end(args);
}

static inline void add_workspace(void *ctx, const struct workspace_row *row)
{
    list_add(ctx, "%s=%s/%d;", row->id, row->name, (int)row->members);
}

static inline void add_member(void *ctx, const struct member_row *row)
{
    list_add(ctx, "%s=%s/%s;", row->user, row->name, row->role);
}

static inline void add_dm(void *ctx, const struct dm_row *row)
{
    list_add(ctx, "%d %s%s:", (int)row->id, row->name != NULL ? row->name : "-", row->group ? " group" : "");
    for (size_t i = 0; i < row->participant_count; i++)
        list_add(ctx, " %s", row->participants[i].user);
    list_add(ctx, ";");
}

/* A list that takes LEFT more DMs. */
struct dm_list {
    struct list *list;
    size_t left;
};

static inline bool take_dm(void *ctx, const struct dm_row *row)
{
    struct dm_list *taking = ctx;
    if (taking->left == 0)
        return false;
    taking->left--;
    add_dm(taking->list, row);
    return true;
}

static inline enum directory_result list_dms(struct directory *directory, const char *user, int64_t after, size_t limit,
                                             struct list *list)
{
    struct dm_list taking = {list, limit};
    return directory_each_dm(directory, &(struct dm_range){"acme", user, after}, take_dm, &taking);
}

static inline void add_token(void *ctx, const struct token_row *row)
{
    list_add(ctx, "%d %s %s;", (int)row->id, row->user != NULL ? row->user : "(admin)", row->label);
}

/* A time in which nothing was looked at: whatever is looked at only now and then is looked at by the next call. */
static inline void let_time_pass(struct directory *directory)
{
    directory->db.files_checked_ms -= DB_FILES_CHECK_MS;
    directory->revision.version_checked_ms -= REVISION_FOREIGN_CHECK_MS;
}

#endif
