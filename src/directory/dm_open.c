/* SPDX-License-Identifier: ISC */
/*
 * Opening DMs (directory_open_dm(), directory_put_dm()). A 1:1 is found by its pair key, which a unique index keeps
 * single. Looking and adding is one BEGIN IMMEDIATE: however many open it at the same moment, one adds it and the
 * others find it. What exists is found by a look before that, which waits for no writer and keeps none waiting.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "directory/dm_key.h"
#include "directory/dms.h"
#include "directory/dms_private.h"
#include "directory/members_private.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

#include <stdio.h>
#include <string.h>

/* Ids that an administrator chooses end here: JavaScript counts exactly to 2^53, and half of that is left for ours. */
static const int64_t chosen_id_max = (int64_t)1 << 52;

enum { PAIR_MAX = 2 * (IDS_USER_MAX + 4) + 1 };

/* What is to be opened, as it is written down. */
struct dm_request {
    const char *workspace;
    const struct dm_opening *opening;
    const struct user_list *users; /* of OPENING: the opener first, or those that an administrator chose */
    const char *pair;              /* NULL: a group */
    const char *opener;            /* NULL: an administrator */
    int64_t id;
    int64_t created_ms;
};

/* Both ids in order, each after its length: so "2:u1" cannot be the end of another id. */
static void pair_key(char *key, const char *a, const char *b)
{
    if (strcmp(a, b) > 0) {
        const char *swap = a;
        a = b;
        b = swap;
    }
    snprintf(key, PAIR_MAX, "%zu:%s%zu:%s", strlen(a), a, strlen(b), b);
}

/* Whether user I of USERS is an id and is not listed before. */
static bool user_ok(const struct user_list *users, size_t i)
{
    const char *user = users->ids[i];
    if (!ids_user_ok(user, strlen(user)))
        return false;
    for (size_t before = 0; before < i; before++)
        if (strcmp(user, users->ids[before]) == 0)
            return false;
    return true;
}

/* What can be checked without the database. */
static enum directory_result check(const struct dm_opening *opening, size_t minimum, size_t *invalid_user)
{
    const struct user_list *users = &opening->users;
    const char *name = opening->name;
    *invalid_user = users->count;
    if (users->count > LIMIT_DM_PARTICIPANTS)
        return DIRECTORY_LIMIT;
    if (users->count < minimum || (name && !ids_name_ok(name, strlen(name), LIMIT_NAME_BYTES)))
        return DIRECTORY_INVALID;
    for (size_t i = 0; i < users->count; i++) {
        if (user_ok(users, i))
            continue;
        *invalid_user = i;
        return DIRECTORY_INVALID;
    }
    return DIRECTORY_OK;
}

static enum directory_result find_pair(struct db *db, const struct dm_request *request, int64_t *id)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_FIND_PAIR, "SELECT id FROM dm WHERE workspace = ?1 AND pair = ?2");
    statement_text(stmt, 1, request->workspace);
    statement_text(stmt, 2, request->pair);
    return statement_number(db, stmt, id);
}

static enum directory_result all_are_members(struct db *db, const struct dm_request *request, size_t *invalid_user)
{
    enum directory_result result = workspace_exists(db, request->workspace);
    for (size_t i = 0; result == DIRECTORY_OK && i < request->users->count; i++) {
        result = member_exists(db, request->workspace, request->users->ids[i]);
        if (result != DIRECTORY_NOT_FOUND)
            continue;
        *invalid_user = i;
        return DIRECTORY_INVALID;
    }
    return result;
}

static enum directory_result within_cap(struct db *db, const struct dm_request *request)
{
    int64_t opened = 0;
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_COUNT_OPENED, "SELECT count(*) FROM dm WHERE workspace = ?1 AND opener = ?2");
    statement_text(stmt, 1, request->workspace);
    statement_text(stmt, 2, request->opener);
    enum directory_result result = statement_number(db, stmt, &opened);
    return result == DIRECTORY_OK && opened >= LIMIT_DMS_PER_USER ? DIRECTORY_LIMIT : result;
}

/*
 * The groups that an opener has opened: how many seats they have, and which user sits in too many of the recent ones.
 */
struct seats {
    const struct dm_request *request;
    int64_t total;
    size_t crowded; /* index into the users of REQUEST; their count: nobody */
};

static bool on_seats(void *ctx, struct sqlite3_stmt *stmt)
{
    struct seats *seats = ctx;
    const char *user = statement_column(stmt, 0);
    int64_t recent = statement_column_int(stmt, 2);
    seats->total += statement_column_int(stmt, 1);
    for (size_t i = 1; user && recent >= LIMIT_GROUPS_WITH_ONE && i < seats->request->users->count; i++)
        if (strcmp(user, seats->request->users->ids[i]) == 0)
            seats->crowded = i;
    return true;
}

/*
 * When one of their DMs changes, users read all of theirs: this bounds what each opener may add to that. It counts
 * towards the opener alone, so that nobody can use up what others may open with the same person. A 1:1 is not counted.
 */
static enum directory_result within_seats(struct db *db, const struct dm_request *request, size_t *crowded)
{
    struct seats seats = {.request = request, .crowded = request->users->count};
    if (request->pair)
        return DIRECTORY_OK;
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_COUNT_SEATS,
                      "SELECT p.user, count(*), sum(dm.created_ms > ?3) FROM dm "
                      "CROSS JOIN dm_participant AS p ON p.workspace = ?1 AND p.dm = +dm.id "
                      "WHERE dm.workspace = ?1 AND dm.opener = ?2 AND dm.pair IS NULL GROUP BY p.user");
    statement_text(stmt, 1, request->workspace);
    statement_text(stmt, 2, request->opener);
    statement_int(stmt, 3, request->created_ms - (int64_t)LIMIT_GROUPS_WITH_ONE_DAYS * 86400 * 1000);
    struct row_reader rows = {on_seats, &seats, "seats", SIZE_MAX};
    enum directory_result result = statement_each(db, stmt, &rows);
    *crowded = seats.crowded;
    bool full =
        seats.crowded < request->users->count || seats.total + (int64_t)request->users->count > LIMIT_SEATS_PER_OPENER;
    return result == DIRECTORY_OK && full ? DIRECTORY_LIMIT : result;
}

static enum directory_result next_id(struct db *db, const char *workspace, int64_t *id)
{
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_NEXT_DM, "UPDATE workspace SET next_dm = next_dm + 1 WHERE id = ?1 RETURNING next_dm - 1");
    statement_text(stmt, 1, workspace);
    return statement_number(db, stmt, id);
}

/* A row that is written as it was would go to the record's log, and from there to all pages of other machines. */
static enum directory_result reserve_id(struct db *db, const char *workspace, int64_t id)
{
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_RESERVE_DM,
                                              "UPDATE workspace SET next_dm = ?2 + 1 WHERE id = ?1 AND next_dm <= ?2");
    statement_text(stmt, 1, workspace);
    statement_int(stmt, 2, id);
    enum directory_result result = statement_run(db, stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

static enum directory_result insert(struct db *db, const struct dm_request *request)
{
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_ADD_DM,
                                              "INSERT INTO dm (workspace, id, name, pair, opener, created_ms) "
                                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    statement_text(stmt, 1, request->workspace);
    statement_int(stmt, 2, request->id);
    statement_text(stmt, 3, request->opening->name);
    statement_text(stmt, 4, request->pair);
    statement_text(stmt, 5, request->opener);
    statement_int(stmt, 6, request->created_ms);
    enum directory_result result = statement_run(db, stmt);
    for (size_t i = 0; result == DIRECTORY_OK && i < request->users->count; i++) {
        stmt = statement_use(db, STATEMENT_ADD_PARTICIPANT,
                             "INSERT INTO dm_participant (workspace, dm, user) VALUES (?1, ?2, ?3)");
        statement_text(stmt, 1, request->workspace);
        statement_int(stmt, 2, request->id);
        statement_text(stmt, 3, request->users->ids[i]);
        result = statement_run(db, stmt);
    }
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

/* An existing conversation: the one that this key opened before, or the 1:1 with this person. */
static enum directory_result find(struct db *db, struct dm_request *request)
{
    enum directory_result result = DIRECTORY_NOT_FOUND;
    if (request->opening->key)
        result = dm_key_find(db, request->workspace, request->opening, &request->id);
    if (result == DIRECTORY_NOT_FOUND && request->pair)
        result = find_pair(db, request, &request->id);
    return result;
}

static enum directory_result add(struct db *db, struct dm_request *request, size_t *invalid_user)
{
    enum directory_result result = all_are_members(db, request, invalid_user);
    if (result == DIRECTORY_OK)
        result = within_cap(db, request);
    if (result == DIRECTORY_OK)
        result = within_seats(db, request, invalid_user);
    if (result == DIRECTORY_OK)
        result = next_id(db, request->workspace, &request->id);
    return result == DIRECTORY_OK ? insert(db, request) : result;
}

static enum directory_result find_or_add(struct db *db, struct dm_request *request, size_t *invalid_user)
{
    const struct dm_opening *opening = request->opening;
    enum directory_result result = find(db, request);
    if (result != DIRECTORY_NOT_FOUND)
        return result;
    result = add(db, request, invalid_user);
    if (result != DIRECTORY_CREATED || !opening->key)
        return result;
    result = dm_key_keep(db, request->workspace, opening, request->id, request->created_ms);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

/* Somebody may have added it since it was not found. */
static enum directory_result open_dm(struct db *db, struct dm_request *request, size_t *invalid_user)
{
    enum directory_result result = transaction_begin(db);
    return result == DIRECTORY_OK ? transaction_end(db, find_or_add(db, request, invalid_user)) : result;
}

enum directory_result directory_open_dm(struct directory *self, const char *workspace, const struct dm_opening *opening,
                                        int64_t *id, size_t *invalid_user)
{
    size_t nobody;
    size_t *invalid = invalid_user ? invalid_user : &nobody;
    enum directory_result result = check(opening, 2, invalid);
    if (result != DIRECTORY_OK)
        return result;
    const struct user_list *users = &opening->users;
    struct dm_request request = {.workspace = workspace, .opening = opening, .users = users, .opener = users->ids[0]};
    char key[PAIR_MAX];
    if (users->count == 2 && !opening->name) {
        pair_key(key, users->ids[0], users->ids[1]);
        request.pair = key;
    }
    request.created_ms = clock_wall_ms();
    result = db_ready(&self->db);
    if (result == DIRECTORY_OK)
        result = find(&self->db, &request);
    if (result == DIRECTORY_NOT_FOUND)
        result = open_dm(&self->db, &request, invalid);
    *id = request.id;
    return result;
}

/* Replacing is removing and adding: the participants go with the one and come with the other. */
static enum directory_result put_dm(struct db *db, const struct dm_request *request, size_t *invalid_user)
{
    enum directory_result result = all_are_members(db, request, invalid_user);
    if (result == DIRECTORY_OK)
        result = reserve_id(db, request->workspace, request->id);
    if (result != DIRECTORY_OK)
        return result;
    enum directory_result deleted = dm_delete(db, request->workspace, request->id);
    if (deleted != DIRECTORY_OK && deleted != DIRECTORY_NOT_FOUND)
        return deleted;
    result = insert(db, request);
    return result == DIRECTORY_CREATED && deleted == DIRECTORY_OK ? DIRECTORY_OK : result;
}

enum directory_result directory_put_dm(struct directory *self, const char *workspace, int64_t id,
                                       const struct dm_opening *opening, size_t *invalid_user)
{
    size_t nobody;
    size_t *invalid = invalid_user ? invalid_user : &nobody;
    enum directory_result result = check(opening, 1, invalid);
    if (result == DIRECTORY_OK && (id < 1 || id > chosen_id_max))
        result = DIRECTORY_INVALID;
    if (result != DIRECTORY_OK)
        return result;
    struct dm_request request = {.workspace = workspace, .opening = opening, .users = &opening->users, .id = id};
    request.created_ms = clock_wall_ms();
    result = transaction_begin(&self->db);
    return result == DIRECTORY_OK ? transaction_end(&self->db, put_dm(&self->db, &request, invalid)) : result;
}
