/* SPDX-License-Identifier: ISC */
/*
 * What a client's key has opened. Looking, opening and remembering is one BEGIN IMMEDIATE, so whichever worker gets the request a
 * second time finds what the first one did, or that it did nothing.
 */
#include "base/hash.h"
#include "base/limits.h"
#include "directory/directory_private.h"

#include <string.h>

/* Each text counts with its NUL, so that where one ends matters. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_fnv1a(hash, text, strlen(text) + 1);
}

/* The request as a number. Only its own user could gain by a collision, of a key of their own. */
static int64_t request_of(const struct dm_opening *opening)
{
    uint64_t hash = HASH_FNV1A_START;
    for (size_t i = 0; i < opening->count; i++)
        hash = hash_text(hash, opening->users[i]);
    if (opening->name)
        hash = hash_text(hash_text(hash, ""), opening->name);
    return (int64_t)hash;
}

static bool take_pair(void *ctx, sqlite3_stmt *stmt)
{
    int64_t *pair = ctx;
    pair[0] = sqlite3_column_int64(stmt, 0);
    pair[1] = sqlite3_column_int64(stmt, 1);
    return true;
}

enum directory_result dm_key_find(struct directory *self, const char *workspace, const struct dm_opening *opening,
                                  int64_t *id)
{
    int64_t pair[2] = {0, 0};
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_FIND_OPENING,
                      "SELECT dm, request FROM opening WHERE workspace = ?1 AND user = ?2 AND key = ?3");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, opening->users[0]);
    statement_text(stmt, 3, opening->key);
    enum directory_result result = statement_each(self, stmt, 1, "key", take_pair, pair);
    if (result != DIRECTORY_OK || pair[0] == 0)
        return result == DIRECTORY_OK ? DIRECTORY_NOT_FOUND : result;
    *id = pair[0];
    return pair[1] == request_of(opening) ? DIRECTORY_OK : DIRECTORY_OTHER;
}

/* Makes room: what is older than a day goes, of anybody, and of this user all but the latest. */
static enum directory_result forget_old(struct directory *self, const char *workspace, const char *user, int64_t now_ms)
{
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_FORGET_OLD_OPENINGS, "DELETE FROM opening WHERE created_ms < ?1");
    statement_int(stmt, 1, now_ms - LIMIT_OPENING_SECONDS * INT64_C(1000));
    enum directory_result result = statement_run(self, stmt);
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
        return result;
    stmt = statement_use(self, STATEMENT_FORGET_OPENINGS_OF,
                         "DELETE FROM opening WHERE workspace = ?1 AND user = ?2 AND key NOT IN (SELECT key FROM "
                         "opening WHERE workspace = ?1 AND user = ?2 ORDER BY created_ms DESC, dm DESC LIMIT ?3)");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    statement_int(stmt, 3, LIMIT_OPENINGS - 1);
    result = statement_run(self, stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

enum directory_result dm_key_keep(struct directory *self, const char *workspace, const struct dm_opening *opening,
                                  int64_t id, int64_t now_ms)
{
    enum directory_result result = forget_old(self, workspace, opening->users[0], now_ms);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_ADD_OPENING,
                                       "INSERT INTO opening (workspace, user, key, dm, request, created_ms) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, opening->users[0]);
    statement_text(stmt, 3, opening->key);
    statement_int(stmt, 4, id);
    statement_int(stmt, 5, request_of(opening));
    statement_int(stmt, 6, now_ms);
    return statement_run(self, stmt);
}
