/* SPDX-License-Identifier: ISC */
/* See dm_key.h. */
#include "directory/dm_key.h"

#include "base/hash.h"
#include "base/limits.h"
#include "directory/statement.h"

#include <string.h>

/* Each text counts with its NUL, so that its end matters. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_fnv1a(hash, text, strlen(text) + 1);
}

/* The request as a number. Only its own user could gain by a collision, of a key of their own. */
static int64_t request_of(const struct dm_opening *opening)
{
    uint64_t hash = HASH_FNV1A_START;
    for (size_t i = 0; i < opening->users.count; i++)
        hash = hash_text(hash, opening->users.ids[i]);
    if (opening->name)
        hash = hash_text(hash_text(hash, ""), opening->name);
    return (int64_t)hash;
}

static bool take_pair(void *ctx, struct sqlite3_stmt *stmt)
{
    int64_t *pair = ctx;
    pair[0] = statement_column_int(stmt, 0);
    pair[1] = statement_column_int(stmt, 1);
    return true;
}

enum directory_result dm_key_find(struct db *db, const char *workspace, const struct dm_opening *opening, int64_t *id)
{
    int64_t pair[2] = {0, 0};
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_FIND_OPENING, "SELECT dm, request FROM opening WHERE workspace = ?1 AND user = ?2 AND key = ?3");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, opening->users.ids[0]);
    statement_text(stmt, 3, opening->key);
    struct row_reader rows = {take_pair, pair, "keys", 1};
    enum directory_result result = statement_each(db, stmt, &rows);
    if (result != DIRECTORY_OK || pair[0] == 0)
        return result == DIRECTORY_OK ? DIRECTORY_NOT_FOUND : result;
    *id = pair[0];
    return pair[1] == request_of(opening) ? DIRECTORY_OK : DIRECTORY_OTHER;
}

/* Makes room: removes the keys of all users that are older than a day, and of this user all but the latest. */
static enum directory_result forget_old(struct db *db, const char *workspace, const char *user, int64_t now_ms)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_FORGET_OLD_OPENINGS, "DELETE FROM opening WHERE created_ms < ?1");
    statement_int(stmt, 1, now_ms - LIMIT_OPENING_SECONDS * INT64_C(1000));
    enum directory_result result = statement_run(db, stmt);
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
        return result;
    stmt = statement_use(db, STATEMENT_FORGET_OPENINGS_OF,
                         "DELETE FROM opening WHERE workspace = ?1 AND user = ?2 AND key NOT IN (SELECT key FROM "
                         "opening WHERE workspace = ?1 AND user = ?2 ORDER BY created_ms DESC, dm DESC LIMIT ?3)");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    statement_int(stmt, 3, LIMIT_OPENINGS - 1);
    result = statement_run(db, stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result dm_key_keep(struct db *db, const char *workspace, const struct dm_opening *opening, int64_t id,
                                  int64_t now_ms)
{
    enum directory_result result = forget_old(db, workspace, opening->users.ids[0], now_ms);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_ADD_OPENING,
                                              "INSERT INTO opening (workspace, user, key, dm, request, created_ms) "
                                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, opening->users.ids[0]);
    statement_text(stmt, 3, opening->key);
    statement_int(stmt, 4, id);
    statement_int(stmt, 5, request_of(opening));
    statement_int(stmt, 6, now_ms);
    return statement_run(db, stmt);
}
