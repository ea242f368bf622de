/* SPDX-License-Identifier: ISC */
/*
 * Opening direct-message conversations. A 1:1 is found by its pair key, which a unique index keeps single: looking and
 * adding is one BEGIN IMMEDIATE, so however many open it at the same moment, one adds and the others find.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "directory/directory_private.h"

#include <stdio.h>
#include <string.h>

/* Ids of an administrator's choice end here: JavaScript counts exactly to 2^53, and as many are left to be given. */
static const int64_t chosen_id_max = (int64_t)1 << 52;

enum { PAIR_MAX = 2 * (IDS_USER_MAX + 4) + 1 };

struct wish {
    const char *workspace;
    const char *const *users; /* the opener first, or an administrator's choice */
    size_t count;
    const char *name;   /* NULL for none */
    const char *pair;   /* NULL for a group */
    const char *opener; /* NULL for an administrator's */
    int64_t id;
    int64_t created_ms;
};

/* Both ids in order, each with its length before it: "2:u1" can then not be the end of another id. */
static void pair_key(char *key, const char *a, const char *b)
{
    if (strcmp(a, b) > 0) {
        const char *swap = a;
        a = b;
        b = swap;
    }
    snprintf(key, PAIR_MAX, "%zu:%s%zu:%s", strlen(a), a, strlen(b), b);
}

/* What can be said of the arguments without looking at the database. */
static enum directory_result check(const char *const *users, size_t count, size_t minimum, const char *name,
                                   size_t *invalid_user)
{
    *invalid_user = count;
    if (count > LIMIT_DM_PARTICIPANTS)
        return DIRECTORY_LIMIT;
    if (count < minimum || (name != NULL && !ids_name_ok(name, strlen(name), LIMIT_NAME_BYTES)))
        return DIRECTORY_INVALID;
    for (size_t i = 0; i < count; i++) {
        bool good = ids_user_ok(users[i], strlen(users[i]));
        for (size_t before = 0; good && before < i; before++)
            good = strcmp(users[i], users[before]) != 0;
        if (good)
            continue;
        *invalid_user = i;
        return DIRECTORY_INVALID;
    }
    return DIRECTORY_OK;
}

static enum directory_result find_pair(struct directory *self, const struct wish *wish, int64_t *id)
{
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_FIND_PAIR, "SELECT id FROM dm WHERE workspace = ?1 AND pair = ?2");
    statement_text(stmt, 1, wish->workspace);
    statement_text(stmt, 2, wish->pair);
    return statement_number(self, stmt, id);
}

static enum directory_result all_are_members(struct directory *self, const struct wish *wish, size_t *invalid_user)
{
    enum directory_result result = workspace_exists(self, wish->workspace);
    for (size_t i = 0; result == DIRECTORY_OK && i < wish->count; i++) {
        result = member_exists(self, wish->workspace, wish->users[i]);
        if (result != DIRECTORY_NOT_FOUND)
            continue;
        *invalid_user = i;
        return DIRECTORY_INVALID;
    }
    return result;
}

static enum directory_result within_cap(struct directory *self, const struct wish *wish)
{
    int64_t opened = 0;
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_COUNT_OPENED, "SELECT count(*) FROM dm WHERE workspace = ?1 AND opener = ?2");
    statement_text(stmt, 1, wish->workspace);
    statement_text(stmt, 2, wish->opener);
    enum directory_result result = statement_number(self, stmt, &opened);
    return result == DIRECTORY_OK && opened >= LIMIT_DMS_PER_USER ? DIRECTORY_LIMIT : result;
}

/* The groups that an opener has opened: how many seats they have, and who of a wish sits in too many of the recent ones. */
struct seats {
    const struct wish *wish;
    int64_t total;
    size_t crowded; /* index into the wish's users; their count for nobody */
};

static bool on_seats(void *ctx, sqlite3_stmt *stmt)
{
    struct seats *seats = ctx;
    const char *user = statement_column(stmt, 0);
    int64_t recent = sqlite3_column_int64(stmt, 2);
    seats->total += sqlite3_column_int64(stmt, 1);
    for (size_t i = 1; user != NULL && recent >= LIMIT_GROUPS_WITH_ONE && i < seats->wish->count; i++)
        if (strcmp(user, seats->wish->users[i]) == 0)
            seats->crowded = i;
    return true;
}

/*
 * What everybody else has to read whenever one of their DMs changes is bounded by what each opener may add to it. It counts
 * towards the opener alone: nobody can use up what others may open with somebody. A 1:1 is not counted.
 */
static enum directory_result within_seats(struct directory *self, const struct wish *wish, size_t *crowded)
{
    struct seats seats = {.wish = wish, .crowded = wish->count};
    if (wish->pair != NULL)
        return DIRECTORY_OK;
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_COUNT_SEATS,
                      "SELECT p.user, count(*), sum(dm.created_ms > ?3) FROM dm "
                      "CROSS JOIN dm_participant AS p ON p.workspace = ?1 AND p.dm = +dm.id "
                      "WHERE dm.workspace = ?1 AND dm.opener = ?2 AND dm.pair IS NULL GROUP BY p.user");
    statement_text(stmt, 1, wish->workspace);
    statement_text(stmt, 2, wish->opener);
    statement_int(stmt, 3, wish->created_ms - (int64_t)LIMIT_GROUPS_WITH_ONE_DAYS * 86400 * 1000);
    enum directory_result result = statement_each(self, stmt, SIZE_MAX, "seats", on_seats, &seats);
    *crowded = seats.crowded;
    bool full = seats.crowded < wish->count || seats.total + (int64_t)wish->count > LIMIT_SEATS_PER_OPENER;
    return result == DIRECTORY_OK && full ? DIRECTORY_LIMIT : result;
}

static enum directory_result next_id(struct directory *self, const char *workspace, int64_t *id)
{
    sqlite3_stmt *stmt = statement_use(
        self, STATEMENT_NEXT_DM, "UPDATE workspace SET next_dm = next_dm + 1 WHERE id = ?1 RETURNING next_dm - 1");
    statement_text(stmt, 1, workspace);
    return statement_number(self, stmt, id);
}

static enum directory_result reserve_id(struct directory *self, const char *workspace, int64_t id)
{
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_RESERVE_DM, "UPDATE workspace SET next_dm = max(next_dm, ?2 + 1) WHERE id = ?1");
    statement_text(stmt, 1, workspace);
    statement_int(stmt, 2, id);
    return statement_run(self, stmt);
}

static enum directory_result insert(struct directory *self, const struct wish *wish)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_ADD_DM,
                                       "INSERT INTO dm (workspace, id, name, pair, opener, created_ms) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    statement_text(stmt, 1, wish->workspace);
    statement_int(stmt, 2, wish->id);
    statement_text(stmt, 3, wish->name);
    statement_text(stmt, 4, wish->pair);
    statement_text(stmt, 5, wish->opener);
    statement_int(stmt, 6, wish->created_ms);
    enum directory_result result = statement_run(self, stmt);
    for (size_t i = 0; result == DIRECTORY_OK && i < wish->count; i++) {
        stmt = statement_use(self, STATEMENT_ADD_PARTICIPANT,
                             "INSERT INTO dm_participant (workspace, dm, user) VALUES (?1, ?2, ?3)");
        statement_text(stmt, 1, wish->workspace);
        statement_int(stmt, 2, wish->id);
        statement_text(stmt, 3, wish->users[i]);
        result = statement_run(self, stmt);
    }
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

static enum directory_result open_dm(struct directory *self, struct wish *wish, size_t *invalid_user)
{
    enum directory_result result = wish->pair != NULL ? find_pair(self, wish, &wish->id) : DIRECTORY_NOT_FOUND;
    if (result != DIRECTORY_NOT_FOUND)
        return result;
    result = all_are_members(self, wish, invalid_user);
    if (result == DIRECTORY_OK)
        result = within_cap(self, wish);
    if (result == DIRECTORY_OK)
        result = within_seats(self, wish, invalid_user);
    if (result == DIRECTORY_OK)
        result = next_id(self, wish->workspace, &wish->id);
    return result == DIRECTORY_OK ? insert(self, wish) : result;
}

/* The same, or what the key of OPENING has opened before. */
static enum directory_result open_dm_once(struct directory *self, const struct dm_opening *opening, struct wish *wish,
                                          size_t *invalid_user)
{
    if (opening->key == NULL)
        return open_dm(self, wish, invalid_user);
    enum directory_result result = dm_key_find(self, wish->workspace, opening, &wish->id);
    if (result != DIRECTORY_NOT_FOUND)
        return result;
    result = open_dm(self, wish, invalid_user);
    if (result != DIRECTORY_CREATED)
        return result;
    result = dm_key_keep(self, wish->workspace, opening, wish->id, wish->created_ms);
    return result == DIRECTORY_OK ? DIRECTORY_CREATED : result;
}

enum directory_result directory_open_dm_once(struct directory *self, const char *workspace,
                                             const struct dm_opening *opening, int64_t *id, size_t *invalid_user)
{
    size_t nobody;
    char key[PAIR_MAX];
    size_t *invalid = invalid_user != NULL ? invalid_user : &nobody;
    enum directory_result result = check(opening->users, opening->count, 2, opening->name, invalid);
    if (result != DIRECTORY_OK)
        return result;
    struct wish wish = {.workspace = workspace,
                        .users = opening->users,
                        .count = opening->count,
                        .name = opening->name,
                        .opener = opening->users[0]};
    if (wish.count == 2 && wish.name == NULL) {
        pair_key(key, wish.users[0], wish.users[1]);
        wish.pair = key;
    }
    wish.created_ms = clock_wall_ms();
    result = transaction_begin(self);
    if (result == DIRECTORY_OK)
        result = transaction_end(self, open_dm_once(self, opening, &wish, invalid));
    *id = wish.id;
    return result;
}

enum directory_result directory_open_dm(struct directory *self, const char *workspace, const char *const *users,
                                        size_t count, const char *name, int64_t *id, size_t *invalid_user)
{
    const struct dm_opening opening = {.users = users, .count = count, .name = name};
    return directory_open_dm_once(self, workspace, &opening, id, invalid_user);
}

/* Replacing is removing and adding: the participants go with the one and come with the other. */
static enum directory_result put_dm(struct directory *self, const struct wish *wish, size_t *invalid_user)
{
    enum directory_result result = all_are_members(self, wish, invalid_user);
    if (result == DIRECTORY_OK)
        result = reserve_id(self, wish->workspace, wish->id);
    if (result != DIRECTORY_OK)
        return result;
    enum directory_result deleted = dm_delete(self, wish->workspace, wish->id);
    if (deleted != DIRECTORY_OK && deleted != DIRECTORY_NOT_FOUND)
        return deleted;
    result = insert(self, wish);
    return result == DIRECTORY_CREATED && deleted == DIRECTORY_OK ? DIRECTORY_OK : result;
}

enum directory_result directory_put_dm(struct directory *self, const char *workspace, int64_t id,
                                       const char *const *users, size_t count, const char *name, size_t *invalid_user)
{
    size_t nobody;
    size_t *invalid = invalid_user != NULL ? invalid_user : &nobody;
    enum directory_result result = check(users, count, 1, name, invalid);
    if (result == DIRECTORY_OK && (id < 1 || id > chosen_id_max))
        result = DIRECTORY_INVALID;
    if (result != DIRECTORY_OK)
        return result;
    struct wish wish = {.workspace = workspace, .users = users, .count = count, .name = name, .id = id};
    wish.created_ms = clock_wall_ms();
    result = transaction_begin(self);
    return result == DIRECTORY_OK ? transaction_end(self, put_dm(self, &wish, invalid)) : result;
}
