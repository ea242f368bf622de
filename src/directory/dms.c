/* SPDX-License-Identifier: ISC */
/*
 * Reading and removing direct-message conversations; opening them is in dm_open.c. A row is handed on with all of its
 * participants, by user id.
 */
#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/internal.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS "dm.id, dm.name, dm.pair IS NULL, dm.created_ms"

/* A reader of DMs: where each goes, and the participants of the current one. */
struct reader {
    struct directory *directory;
    const char *workspace;
    void (*fn)(void *ctx, const struct dm_row *row);
    void *ctx;
    enum directory_result result; /* of reading participants */
    struct buf texts;             /* user, name, role of each, each with its NUL */
    struct member_row *rows;      /* owned; into TEXTS */
    size_t count, capacity;
};

static void reader_fini(struct reader *self)
{
    buf_fini(&self->texts);
    free(self->rows);
}

static bool on_participant(void *ctx, sqlite3_stmt *stmt)
{
    struct reader *self = ctx;
    const char *user = statement_column(stmt, 0);
    const char *name = statement_column(stmt, 1);
    const char *role = statement_column(stmt, 2);
    if (user == NULL || name == NULL || role == NULL || !ids_user_ok(user, strlen(user)))
        return false;
    buf_add(&self->texts, user, strlen(user) + 1);
    buf_add(&self->texts, name, strlen(name) + 1);
    buf_add(&self->texts, role, strlen(role) + 1);
    self->count++;
    return true;
}

/* The texts may have moved while they grew: pointers are taken when all are there. */
static void point_at_texts(struct reader *self)
{
    if (self->count > self->capacity) {
        self->rows = mem_resize(self->rows, self->count, sizeof *self->rows);
        self->capacity = self->count;
    }
    const char *at = self->texts.data;
    for (size_t i = 0; i < self->count; i++) {
        self->rows[i].user = at;
        self->rows[i].name = at + strlen(at) + 1;
        self->rows[i].role = self->rows[i].name + strlen(self->rows[i].name) + 1;
        at = self->rows[i].role + strlen(self->rows[i].role) + 1;
    }
}

static enum directory_result read_participants(struct reader *self, int64_t dm)
{
    buf_clear(&self->texts);
    self->count = 0;
    sqlite3_stmt *stmt = statement_use(self->directory, STATEMENT_PARTICIPANTS,
                                       "SELECT member.user, member.name, member.role FROM dm_participant "
                                       "JOIN member USING (workspace, user) "
                                       "WHERE dm_participant.workspace = ?1 AND dm_participant.dm = ?2 "
                                       "ORDER BY dm_participant.user");
    statement_text(stmt, 1, self->workspace);
    statement_int(stmt, 2, dm);
    enum directory_result result =
        statement_each(self->directory, stmt, SIZE_MAX, "participants", on_participant, self);
    point_at_texts(self);
    return result;
}

static bool on_row(void *ctx, sqlite3_stmt *stmt)
{
    struct reader *self = ctx;
    bool named = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
    struct dm_row row = {
        .id = sqlite3_column_int64(stmt, 0),
        .name = statement_column(stmt, 1),
        .group = sqlite3_column_int(stmt, 2) != 0,
        .created_ms = sqlite3_column_int64(stmt, 3),
    };
    if (named && row.name == NULL)
        return false;
    enum directory_result result = read_participants(self, row.id);
    if (result != DIRECTORY_OK) {
        self->result = result;
        return true;
    }
    row.participants = self->rows;
    row.participant_count = self->count;
    self->fn(self->ctx, &row);
    return true;
}

enum directory_result directory_delete_dm(struct directory *self, const char *workspace, int64_t id)
{
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    return transaction_end(self, dm_delete(self, workspace, id));
}

enum directory_result dm_delete(struct directory *self, const char *workspace, int64_t id)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_DELETE_DM, "DELETE FROM dm WHERE workspace = ?1 AND id = ?2");
    statement_text(stmt, 1, workspace);
    statement_int(stmt, 2, id);
    return statement_run(self, stmt);
}

/* STMT's parameters from 2 on are bound. */
static enum directory_result read_dms(struct directory *self, sqlite3_stmt *stmt, const char *workspace, size_t limit,
                                      void (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    struct reader reader = {.directory = self, .workspace = workspace, .fn = fn, .ctx = ctx, .result = DIRECTORY_OK};
    buf_init(&reader.texts);
    statement_text(stmt, 1, workspace);
    enum directory_result result = statement_each(self, stmt, limit, "DMs", on_row, &reader);
    reader_fini(&reader);
    return result == DIRECTORY_OK ? reader.result : result;
}

/* Counts what goes through to the real reader: a DM that is not there is NOT_FOUND. */
struct single {
    void (*fn)(void *ctx, const struct dm_row *row);
    void *ctx;
    bool found;
};

static void on_single(void *ctx, const struct dm_row *row)
{
    struct single *single = ctx;
    single->found = true;
    single->fn(single->ctx, row);
}

enum directory_result directory_get_dm(struct directory *self, const char *workspace, int64_t id,
                                       void (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct single single = {fn, ctx, false};
    sqlite3_stmt *stmt =
        statement_use(self, STATEMENT_GET_DM, "SELECT " COLUMNS " FROM dm WHERE workspace = ?1 AND id = ?2");
    statement_int(stmt, 2, id);
    result = read_dms(self, stmt, workspace, 1, on_single, &single);
    return result == DIRECTORY_OK && !single.found ? DIRECTORY_NOT_FOUND : result;
}

/* A reader of participants: where each goes. */
struct partner_reader {
    void (*fn)(void *ctx, const char *partner);
    void *ctx;
};

static bool on_partner(void *ctx, sqlite3_stmt *stmt)
{
    const struct partner_reader *reader = ctx;
    const char *user = statement_column(stmt, 0);
    if (user == NULL || !ids_user_ok(user, strlen(user)))
        return false;
    reader->fn(reader->ctx, user);
    return true;
}

enum directory_result directory_each_partner(struct directory *self, const char *workspace, const char *const *users,
                                             size_t count, void (*fn)(void *ctx, const char *partner), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct partner_reader reader = {fn, ctx};
    struct buf list;
    buf_init(&list);
    for (size_t i = 0; i < count; i++) {
        buf_add_char(&list, i == 0 ? '[' : ',');
        buf_add_json(&list, users[i], strlen(users[i]));
    }
    buf_add_text(&list, count == 0 ? "[]" : "]");
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_EACH_PARTNER,
                                       "SELECT DISTINCT theirs.user FROM json_each(?2) AS asked "
                                       "JOIN dm_participant AS mine ON mine.workspace = ?1 AND mine.user = asked.value "
                                       "JOIN dm_participant AS theirs "
                                       "ON theirs.workspace = ?1 AND theirs.dm = mine.dm");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, list.data);
    result = statement_each(self, stmt, SIZE_MAX, "participants", on_partner, &reader);
    buf_fini(&list);
    return result;
}

enum directory_result directory_each_dm(struct directory *self, const char *workspace, const char *user, int64_t after,
                                        size_t limit, void (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt;
    if (user == NULL) {
        stmt = statement_use(self, STATEMENT_EACH_DM,
                             "SELECT " COLUMNS " FROM dm WHERE workspace = ?1 AND id > ?2 ORDER BY id");
    } else {
        stmt = statement_use(self, STATEMENT_EACH_DM_OF,
                             "SELECT " COLUMNS " FROM dm_participant AS mine "
                             "JOIN dm ON dm.workspace = mine.workspace AND dm.id = mine.dm "
                             "WHERE mine.workspace = ?1 AND mine.user = ?3 AND mine.dm > ?2 ORDER BY mine.dm");
        statement_text(stmt, 3, user);
    }
    statement_int(stmt, 2, after);
    return read_dms(self, stmt, workspace, limit, fn, ctx);
}
