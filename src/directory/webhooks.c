/* SPDX-License-Identifier: ISC */
/* See webhooks.h. */
#include "directory/webhooks.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/random.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { RANDOM_BYTES = 32 };

/* The columns that on_row() reads, in this order. */
#define COLUMNS                                                                                                        \
    "id, url, workspace, events, delay_s, reveal, active, secret, old_secret, old_secret_until_ms, created_ms"

/* Where the rows go. */
struct reader {
    webhook_fn *fn;
    void *ctx;
};

void webhook_new_secret(char out[WEBHOOK_SECRET_BYTES])
{
    unsigned char bytes[RANDOM_BYTES];
    char text[BASE64_TEXT_BYTES(RANDOM_BYTES)];
    random_bytes(bytes, sizeof bytes);
    base64_encode(bytes, sizeof bytes, text);
    snprintf(out, WEBHOOK_SECRET_BYTES, "whsec_%s", text);
}

/* A row that another program made wrong is left out: a NULL workspace would mean all. */
static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct webhook row = {
        .id = statement_column(stmt, 0),
        .url = statement_column(stmt, 1),
        .workspace = statement_column(stmt, 2),
        .events = (unsigned)statement_column_int(stmt, 3),
        .delay_s = statement_column_int(stmt, 4),
        .reveal = statement_column_int(stmt, 5) != 0,
        .active = statement_column_int(stmt, 6) != 0,
        .secret = statement_column(stmt, 7),
        .old_secret = statement_column(stmt, 8),
        .old_secret_until_ms = statement_column_int(stmt, 9),
        .created_ms = statement_column_int(stmt, 10),
    };
    bool whole = row.workspace || statement_column_null(stmt, 2);
    if (!whole || !row.id || !row.url || !row.secret || !ids_workspace_ok(row.id, strlen(row.id)))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

/* ---- writing ---- */

static enum directory_result has_room(struct db *db)
{
    int64_t count = 0;
    enum directory_result result =
        statement_number(db, statement_use(db, STATEMENT_COUNT_WEBHOOKS, "SELECT count(*) FROM webhook"), &count);
    return result == DIRECTORY_OK && count >= LIMIT_WEBHOOKS ? DIRECTORY_LIMIT : result;
}

static enum directory_result exists(struct db *db, const char *id)
{
    int64_t one;
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_HAS_WEBHOOK, "SELECT 1 FROM webhook WHERE id = ?1");
    statement_text(stmt, 1, id);
    return statement_number(db, stmt, &one);
}

static enum directory_result write_row(struct db *db, const struct webhook *webhook)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_PUT_WEBHOOK,
                      "INSERT INTO webhook (id, url, workspace, events, delay_s, reveal, active, secret, created_ms) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET url = excluded.url, "
                      "workspace = excluded.workspace, events = excluded.events, delay_s = excluded.delay_s, "
                      "reveal = excluded.reveal, active = excluded.active");
    statement_text(stmt, 1, webhook->id);
    statement_text(stmt, 2, webhook->url);
    statement_text(stmt, 3, webhook->workspace);
    statement_int(stmt, 4, webhook->events);
    statement_int(stmt, 5, webhook->delay_s);
    statement_int(stmt, 6, webhook->reveal);
    statement_int(stmt, 7, webhook->active);
    statement_text(stmt, 8, webhook->secret);
    statement_int(stmt, 9, clock_wall_ms());
    return statement_run(db, stmt);
}

static enum directory_result put(struct db *db, const struct webhook *webhook)
{
    enum directory_result result = webhook->workspace ? workspace_exists(db, webhook->workspace) : DIRECTORY_OK;
    if (result != DIRECTORY_OK)
        return result;
    enum directory_result before = exists(db, webhook->id);
    if (before == DIRECTORY_NOT_FOUND)
        result = has_room(db);
    else if (before != DIRECTORY_OK)
        return before;
    if (result == DIRECTORY_OK)
        result = write_row(db, webhook);
    return result == DIRECTORY_OK && before == DIRECTORY_NOT_FOUND ? DIRECTORY_CREATED : result;
}

static bool is_valid(const struct webhook *webhook)
{
    size_t len = strlen(webhook->url);
    return ids_workspace_ok(webhook->id, strlen(webhook->id)) && len > 0 && len <= LIMIT_URL_BYTES &&
           webhook->events > 0 && webhook->events <= WEBHOOK_ALL && webhook->delay_s >= 0 &&
           webhook->delay_s <= WEBHOOK_DELAY_MAX_S && webhook->secret;
}

enum directory_result directory_put_webhook(struct directory *self, const struct webhook *webhook)
{
    if (!is_valid(webhook))
        return DIRECTORY_INVALID;
    enum directory_result result = transaction_begin(&self->db);
    return result == DIRECTORY_OK ? transaction_end(&self->db, put(&self->db, webhook)) : result;
}

enum directory_result directory_rotate_webhook(struct directory *self, const char *id, const char *secret)
{
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt = statement_use(
        &self->db, STATEMENT_ROTATE_WEBHOOK,
        "UPDATE webhook SET old_secret = CASE WHEN old_secret_until_ms > ?4 THEN old_secret ELSE secret END, "
        "old_secret_until_ms = ?3, secret = ?2 WHERE id = ?1");
    int64_t until_ms = clock_wall_ms() + (int64_t)WEBHOOK_OLD_SECRET_S * 1000;
    statement_text(stmt, 1, id);
    statement_text(stmt, 2, secret);
    statement_int(stmt, 3, until_ms);
    statement_int(stmt, 4, until_ms - (int64_t)WEBHOOK_SAME_ROTATION_S * 1000);
    return transaction_end(&self->db, statement_run(&self->db, stmt));
}

enum directory_result directory_stop_webhook(struct directory *self, const char *id, const char *url)
{
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_STOP_WEBHOOK, "UPDATE webhook SET active = 0 WHERE id = ?1 AND url = ?2");
    statement_text(stmt, 1, id);
    statement_text(stmt, 2, url);
    return transaction_end(&self->db, statement_run(&self->db, stmt));
}

enum directory_result directory_delete_webhook(struct directory *self, const char *id)
{
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt = statement_use(&self->db, STATEMENT_DELETE_WEBHOOK, "DELETE FROM webhook WHERE id = ?1");
    statement_text(stmt, 1, id);
    return transaction_end(&self->db, statement_run(&self->db, stmt));
}

/* ---- reading ---- */

enum directory_result directory_get_webhook(struct directory *self, const char *id, webhook_fn *fn, void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_GET_WEBHOOK, "SELECT " COLUMNS " FROM webhook WHERE id = ?1");
    statement_text(stmt, 1, id);
    result = statement_step(&self->db, stmt);
    if (result == DIRECTORY_OK && !on_row(&reader, stmt))
        result = DIRECTORY_NOT_FOUND;
    statement_done(stmt);
    return result;
}

enum directory_result directory_each_webhook(struct directory *self, const char *after, size_t limit, webhook_fn *fn,
                                             void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct row_reader rows = {on_row, &reader, "webhooks", limit};
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_EACH_WEBHOOK, "SELECT " COLUMNS " FROM webhook WHERE id > ?1 ORDER BY id");
    statement_text(stmt, 1, after ? after : "");
    return statement_each(&self->db, stmt, &rows);
}

/* As revision.c looks: data_version tells of commits of others, the count of those of our own processes. */
enum directory_result directory_webhooks_changed(struct directory *self, struct webhooks_seen *seen, bool *changed)
{
    struct db *db = &self->db;
    int64_t version = 0;
    *changed = false;
    enum directory_result result = db_ready(db);
    if (result != DIRECTORY_OK)
        return result;
    uint64_t commits = atomic_load(db->commits);
    result = statement_number(db, statement_use(db, STATEMENT_DATA_VERSION, "PRAGMA data_version"), &version);
    if (result != DIRECTORY_OK)
        return result;
    *changed = version != seen->version || commits != seen->commits;
    *seen = (struct webhooks_seen){version, commits};
    return DIRECTORY_OK;
}
