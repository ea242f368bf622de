/* SPDX-License-Identifier: ISC */
/*
 * Tokens, by the SHA-256 of their text. The lookup that every request makes is remembered once it found something. How
 * long a lookup takes tells nothing of a token, as nobody can choose the hash of a guess; candidates are compared in
 * constant time all the same.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory_private.h"

#include <stdlib.h>
#include <string.h>

static int hashes_differ(const void *a, const void *b)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < DIRECTORY_HASH_BYTES; i++)
        difference |= (unsigned char)(left[i] ^ right[i]);
    return difference != 0;
}

/* What is hashed already need not be hashed again. */
#define HASH_KEYCMP(a, b, len)       hashes_differ(a, b)
#define HASH_FUNCTION(key, len, out) memcpy(&(out), key, sizeof(out))
#include <uthash.h>

/* Of a token only what every request needs: a hundred thousand may be remembered. */
struct token_entry {
    UT_hash_handle hh;
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t id;
    int64_t expires_ms;
    int64_t touch_ms; /* monotonic: when its last use is noted next */
    bool admin;
    char user[]; /* "" for an administrator's */
};

static const int64_t touch_every_ms = 3600000;

/* A reader of rows: where each goes. */
struct reader {
    void (*fn)(void *ctx, const struct token_row *row);
    void *ctx;
};

/* False for a row that cannot be trusted to mean what it says: an owner that is no user id must not become nobody. */
static bool read_row(sqlite3_stmt *stmt, struct token_row *row)
{
    bool admin = sqlite3_column_type(stmt, 1) == SQLITE_NULL;
    *row = (struct token_row){
        .id = sqlite3_column_int64(stmt, 0),
        .user = statement_column(stmt, 1),
        .label = statement_column(stmt, 2),
        .created_ms = sqlite3_column_int64(stmt, 3),
        .expires_ms = sqlite3_column_int64(stmt, 4),
        .last_used_ms = sqlite3_column_int64(stmt, 5),
    };
    if (row->label == NULL)
        return false;
    return admin || (row->user != NULL && ids_user_ok(row->user, strlen(row->user)));
}

static bool on_row(void *ctx, sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    struct token_row row;
    if (!read_row(stmt, &row))
        return false;
    reader->fn(reader->ctx, &row);
    return true;
}

static enum directory_result add(struct directory *self, const unsigned char *hash, const char *user, const char *label,
                                 int64_t expires_ms, int64_t *id)
{
    enum directory_result result = user != NULL ? member_add_user(self, user) : DIRECTORY_OK;
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_ADD_TOKEN,
                                       "INSERT INTO token (hash, user, admin, label, created_ms, expires_ms) "
                                       "VALUES (?1, ?2, ?2 IS NULL, ?3, ?4, ?5) RETURNING id");
    statement_blob(stmt, 1, hash, DIRECTORY_HASH_BYTES);
    statement_text(stmt, 2, user);
    statement_text(stmt, 3, label);
    statement_int(stmt, 4, clock_wall_ms());
    statement_int(stmt, 5, expires_ms);
    result = statement_number(self, stmt, id);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

enum directory_result directory_add_token(struct directory *self, const unsigned char *hash, const char *user,
                                          const char *label, int64_t expires_ms, int64_t *id)
{
    if (label == NULL)
        label = "";
    bool label_ok = label[0] == '\0' || ids_name_ok(label, strlen(label), LIMIT_NAME_BYTES);
    if (!label_ok || (user != NULL && !ids_user_ok(user, strlen(user))))
        return DIRECTORY_INVALID;
    enum directory_result result = transaction_begin(self);
    return result == DIRECTORY_OK ? transaction_end(self, add(self, hash, user, label, expires_ms, id)) : result;
}

/* Of no importance to the request at hand: neither waited for nor a failure of it. */
static void touch(struct directory *self, struct token_entry *entry)
{
    entry->touch_ms = self->now_ms + touch_every_ms;
    int64_t now_ms = clock_wall_ms();
    self->impatient = true;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_TOUCH_TOKEN,
                                       "UPDATE token SET last_used_ms = ?2 WHERE id = ?1 AND last_used_ms <= ?3");
    statement_int(stmt, 1, entry->id);
    statement_int(stmt, 2, now_ms);
    statement_int(stmt, 3, now_ms - touch_every_ms);
    (void)statement_run(self, stmt);
    self->impatient = false;
}

/* NOLINTNEXTLINE(readability-function-size): it is uthash's macro that is long */
static struct token_entry *find(const struct directory *self, const unsigned char *hash)
{
    struct token_entry *entry;
    HASH_FIND(hh, self->tokens, hash, DIRECTORY_HASH_BYTES, entry);
    return entry;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static struct token_entry *remember(struct directory *self, const unsigned char *hash, const struct token_row *row)
{
    if (HASH_COUNT(self->tokens) >= REMEMBERED_MAX)
        tokens_forget(self);
    size_t len = row->user != NULL ? strlen(row->user) : 0;
    struct token_entry *entry = mem_new(sizeof *entry + len + 1);
    memcpy(entry->hash, hash, DIRECTORY_HASH_BYTES);
    entry->id = row->id;
    entry->expires_ms = row->expires_ms;
    entry->admin = row->user == NULL;
    if (row->user != NULL)
        memcpy(entry->user, row->user, len);
    HASH_ADD(hh, self->tokens, hash, DIRECTORY_HASH_BYTES, entry);
    return entry;
}

static enum directory_result look_up(struct directory *self, const unsigned char *hash, struct token_entry **entry)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_FIND_TOKEN,
                                       "SELECT id, user, label, created_ms, expires_ms, last_used_ms FROM token "
                                       "WHERE hash = ?1");
    statement_blob(stmt, 1, hash, DIRECTORY_HASH_BYTES);
    struct token_row row;
    enum directory_result result = statement_step(self, stmt);
    if (result == DIRECTORY_OK && !read_row(stmt, &row))
        result = DIRECTORY_NOT_FOUND;
    if (result == DIRECTORY_OK)
        *entry = remember(self, hash, &row);
    statement_done(stmt);
    return result;
}

enum directory_result directory_find_token(struct directory *self, const unsigned char *hash, struct token_row *row)
{
    enum directory_result result = directory_fresh(self);
    if (result != DIRECTORY_OK)
        return result;
    struct token_entry *entry = find(self, hash);
    if (entry == NULL)
        result = look_up(self, hash, &entry);
    if (result != DIRECTORY_OK)
        return result;
    if (self->now_ms >= entry->touch_ms)
        touch(self, entry);
    *row = (struct token_row){
        .id = entry->id,
        .user = entry->admin ? NULL : entry->user,
        .label = "",
        .expires_ms = entry->expires_ms,
    };
    return DIRECTORY_OK;
}

void tokens_forget(struct directory *self)
{
    struct token_entry *entry = self->tokens;
    HASH_CLEAR(hh, self->tokens);
    while (entry != NULL) {
        struct token_entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
}

enum directory_result directory_has_token(struct directory *self, int64_t id)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    int64_t one;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_HAS_TOKEN, "SELECT 1 FROM token WHERE id = ?1");
    statement_int(stmt, 1, id);
    return statement_number(self, stmt, &one);
}

enum directory_result directory_delete_token(struct directory *self, int64_t id)
{
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_DELETE_TOKEN, "DELETE FROM token WHERE id = ?1");
    statement_int(stmt, 1, id);
    return transaction_end(self, statement_run(self, stmt));
}

enum directory_result directory_each_token(struct directory *self, int64_t after, size_t limit,
                                           void (*fn)(void *ctx, const struct token_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_EACH_TOKEN,
                                       "SELECT id, user, label, created_ms, expires_ms, last_used_ms FROM token "
                                       "WHERE id > ?1 ORDER BY id");
    statement_int(stmt, 1, after);
    return statement_each(self, stmt, limit, "tokens", on_row, &reader);
}
