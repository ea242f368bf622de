/* SPDX-License-Identifier: ISC */
/* See tokens.h. */
#include "directory/tokens.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "directory/members_private.h"
#include "directory/copy.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/token_beside.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

#include <string.h>

static const int64_t touch_every_ms = 3600000;

/* Where the rows go. */
struct reader {
    void (*fn)(void *ctx, const struct token_row *row);
    void *ctx;
};

/* The columns that read_row() reads, in this order. */
#define COLUMNS "id, user, label, created_ms, expires_ms, last_used_ms, scope, workspace"

/* What a token of nobody may do, and where. False if that is not known. */
static bool read_scopes(struct sqlite3_stmt *stmt, struct token_row *row)
{
    const char *scope = statement_column(stmt, 6);
    bool is_everywhere = statement_column_null(stmt, 7);
    row->workspace = statement_column(stmt, 7);
    if (statement_column_null(stmt, 6)) {
        row->scopes = SCOPES_ALL;
        return is_everywhere;
    }
    return scope && scopes_parse(scope, &row->scopes) &&
           (is_everywhere || (row->workspace && ids_workspace_ok(row->workspace, strlen(row->workspace))));
}

/*
 * False for a row that cannot be trusted: neither an owner that is not a user id nor an unknown scope must make it an
 * administrator's token.
 */
static bool read_row(struct sqlite3_stmt *stmt, struct token_row *row)
{
    bool is_nobodys = statement_column_null(stmt, 1);
    *row = (struct token_row){
        .id = statement_column_int(stmt, 0),
        .user = statement_column(stmt, 1),
        .label = statement_column(stmt, 2),
        .created_ms = statement_column_int(stmt, 3),
        .expires_ms = statement_column_int(stmt, 4),
        .last_used_ms = statement_column_int(stmt, 5),
    };
    if (!row->label)
        return false;
    return is_nobodys ? read_scopes(stmt, row) : row->user && ids_user_ok(row->user, strlen(row->user));
}

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct token_row row;
    if (!read_row(stmt, &row))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

static enum directory_result add(struct db *db, const struct token_grant *grant, int64_t *id)
{
    char scope[SCOPES_TEXT_MAX];
    enum directory_result result = grant->user ? member_add_user(db, grant->user) : DIRECTORY_OK;
    if (result == DIRECTORY_OK && grant->workspace)
        result = workspace_exists(db, grant->workspace);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_ADD_TOKEN,
                      "INSERT INTO token (hash, user, admin, label, created_ms, expires_ms, scope, workspace) "
                      "VALUES (?1, ?2, ?2 IS NULL, ?3, ?4, ?5, nullif(?6, ''), ?7) RETURNING id");
    scopes_format(grant->scopes, scope);
    statement_blob(stmt, 1, grant->hash, DIRECTORY_HASH_BYTES);
    statement_text(stmt, 2, grant->user);
    statement_text(stmt, 3, grant->label ? grant->label : "");
    statement_int(stmt, 4, clock_wall_ms());
    statement_int(stmt, 5, grant->expires_ms);
    statement_text(stmt, 6, scope);
    statement_text(stmt, 7, grant->workspace);
    result = statement_number(db, stmt, id);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

/* Whose token it is, and what of. */
static bool holder_ok(const struct token_grant *grant)
{
    if (grant->user)
        return grant->scopes == 0 && !grant->workspace && ids_user_ok(grant->user, strlen(grant->user));
    return !(grant->scopes & SCOPE_ADMIN) && (grant->scopes != 0 || !grant->workspace);
}

enum directory_result directory_add_token(struct directory *self, const struct token_grant *grant, int64_t *id)
{
    const char *label = grant->label;
    bool label_ok = !label || label[0] == '\0' || ids_name_ok(label, strlen(label), LIMIT_NAME_BYTES);
    if (!label_ok || !holder_ok(grant))
        return DIRECTORY_INVALID;
    if (self->beside)
        return token_beside_add(self->record, &self->db, grant, id);
    enum directory_result result = transaction_begin(&self->db);
    return result == DIRECTORY_OK ? transaction_end(&self->db, add(&self->db, grant, id)) : result;
}

static enum directory_result note_use(struct db *db, int64_t id)
{
    int64_t now_ms = clock_wall_ms();
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_TOUCH_TOKEN, "UPDATE token SET last_used_ms = ?2 WHERE id = ?1 AND last_used_ms <= ?3");
    statement_int(stmt, 1, id);
    statement_int(stmt, 2, now_ms);
    statement_int(stmt, 3, now_ms - touch_every_ms);
    return statement_run(db, stmt);
}

enum directory_result directory_touch_token(struct directory *self, int64_t id)
{
    enum directory_result result = transaction_begin(&self->db);
    return result == DIRECTORY_OK ? transaction_end(&self->db, note_use(&self->db, id)) : result;
}

/* Notes the last use. The request does not wait for it, nor fail with it. */
static void touch(struct directory *self, struct known_token *token)
{
    bool is_copy = false;
    token->touch_ms = self->db.now_ms + touch_every_ms;
    if (self->on_use) {
        self->on_use(self->on_use_ctx, token->id);
        return;
    }
    self->db.impatient = true;
    if (copy_is_in(&self->db, &is_copy) == DIRECTORY_OK && !is_copy)
        (void)note_use(&self->db, token->id);
    self->db.impatient = false;
}

static enum directory_result look_up(struct directory *self, const unsigned char *hash, struct known_token **token)
{
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_FIND_TOKEN, "SELECT " COLUMNS " FROM token WHERE hash = ?1");
    statement_blob(stmt, 1, hash, DIRECTORY_HASH_BYTES);
    enum directory_result result = statement_step(&self->db, stmt);
    struct token_row row;
    if (result == DIRECTORY_OK && !read_row(stmt, &row))
        result = DIRECTORY_NOT_FOUND;
    if (result == DIRECTORY_OK)
        *token = token_memory_add(&self->tokens, hash, &row);
    statement_done(stmt);
    return result;
}

enum directory_result directory_find_token(struct directory *self, const unsigned char *hash, struct token_row *row)
{
    enum directory_result result = revision_update(&self->revision, &self->db);
    if (result != DIRECTORY_OK)
        return result;
    token_memory_at(&self->tokens, self->revision.value);
    struct known_token *token = token_memory_find(&self->tokens, hash);
    if (!token)
        result = look_up(self, hash, &token);
    if (result != DIRECTORY_OK)
        return result;
    if (self->db.now_ms >= token->touch_ms)
        touch(self, token);
    *row = (struct token_row){
        .id = token->id,
        .user = token->user,
        .scopes = token->scopes,
        .workspace = token->workspace,
        .label = "",
        .expires_ms = token->expires_ms,
    };
    return DIRECTORY_OK;
}

enum directory_result directory_has_token(struct directory *self, int64_t id)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    int64_t one;
    struct sqlite3_stmt *stmt = statement_use(&self->db, STATEMENT_HAS_TOKEN, "SELECT 1 FROM token WHERE id = ?1");
    statement_int(stmt, 1, id);
    return statement_number(&self->db, stmt, &one);
}

enum directory_result directory_token_may(struct directory *self, int64_t id, enum scope scope, const char *workspace)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct token_row row;
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_GET_TOKEN, "SELECT " COLUMNS " FROM token WHERE id = ?1");
    statement_int(stmt, 1, id);
    result = statement_step(&self->db, stmt);
    if (result == DIRECTORY_OK &&
        !(read_row(stmt, &row) && (row.scopes & scope) && (!row.workspace || strcmp(row.workspace, workspace) == 0)))
        result = DIRECTORY_NOT_FOUND;
    statement_done(stmt);
    return result;
}

enum directory_result directory_delete_token(struct directory *self, int64_t id)
{
    if (self->beside)
        return token_beside_delete(self->record, &self->db, id);
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt = statement_use(&self->db, STATEMENT_DELETE_TOKEN, "DELETE FROM token WHERE id = ?1");
    statement_int(stmt, 1, id);
    return transaction_end(&self->db, statement_run(&self->db, stmt));
}

enum directory_result directory_each_token(struct directory *self, int64_t after, size_t limit,
                                           void (*fn)(void *ctx, const struct token_row *row), void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct row_reader rows = {on_row, &reader, "tokens", limit};
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_EACH_TOKEN, "SELECT " COLUMNS " FROM token WHERE id > ?1 ORDER BY id");
    statement_int(stmt, 1, after);
    return statement_each(&self->db, stmt, &rows);
}
