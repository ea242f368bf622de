/* SPDX-License-Identifier: ISC */
/*
 * Reading and removing direct-message conversations; opening them is in dm_open.c. A row is handed on with all of its
 * participants, by user id.
 */
#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/directory_private.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS "dm.id, dm.name, dm.pair IS NULL, dm.created_ms, member.user, member.name, member.role"

/*
 * A row for each participant, DM after DM. The order of the joins and the plus, which keeps SQLite from taking another index,
 * make a page cost what is in it, whatever else there is.
 */
#define PARTICIPANTS                                                                                                   \
    "CROSS JOIN dm_participant AS p ON p.workspace = ?1 AND p.dm = +dm.id "                                            \
    "CROSS JOIN member ON member.workspace = ?1 AND member.user = p.user "

/* A reader of DMs: where each goes, and the one whose participants are coming in. */
struct reader {
    bool (*fn)(void *ctx, const struct dm_row *row);
    void *ctx;
    size_t left;             /* rows that may still come: 0 once FN wants no more */
    struct dm_row row;       /* id 0 before the first */
    bool skipped;            /* its name is not fit to be passed on */
    struct buf name;         /* of it; empty for none */
    struct buf texts;        /* user, name, role of each participant, each with its NUL */
    struct member_row *rows; /* owned; into TEXTS */
    size_t capacity;
};

static void reader_fini(struct reader *self)
{
    buf_fini(&self->name);
    buf_fini(&self->texts);
    free(self->rows);
}

/* The texts may have moved while they grew: pointers are taken when all are there. */
static void point_at_texts(struct reader *self)
{
    size_t count = self->row.participant_count;
    if (count > self->capacity) {
        self->rows = mem_resize(self->rows, count, sizeof *self->rows);
        self->capacity = count;
    }
    const char *at = self->texts.data;
    for (size_t i = 0; i < count; i++) {
        self->rows[i].user = at;
        self->rows[i].name = at + strlen(at) + 1;
        self->rows[i].role = self->rows[i].name + strlen(self->rows[i].name) + 1;
        at = self->rows[i].role + strlen(self->rows[i].role) + 1;
    }
    self->row.participants = self->rows;
}

/* The DM that was read is whole: hands it on. */
static void finish(struct reader *self)
{
    if (self->row.id == 0 || self->skipped)
        return;
    point_at_texts(self);
    if (!self->fn(self->ctx, &self->row))
        self->left = 0;
}

/* The next DM begins with the row at hand. */
static void begin(struct reader *self, sqlite3_stmt *stmt)
{
    const char *name = statement_column(stmt, 1);
    bool named = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
    buf_clear(&self->texts);
    buf_clear(&self->name);
    buf_add(&self->name, name != NULL ? name : "", name != NULL ? strlen(name) + 1 : 1);
    self->skipped = named && name == NULL;
    self->row = (struct dm_row){
        .id = sqlite3_column_int64(stmt, 0),
        .name = named ? self->name.data : NULL,
        .group = sqlite3_column_int(stmt, 2) != 0,
        .created_ms = sqlite3_column_int64(stmt, 3),
    };
}

static bool on_row(void *ctx, sqlite3_stmt *stmt)
{
    struct reader *self = ctx;
    const char *user = statement_column(stmt, 4);
    const char *name = statement_column(stmt, 5);
    const char *role = statement_column(stmt, 6);
    if (sqlite3_column_int64(stmt, 0) != self->row.id) {
        finish(self);
        if (self->left == 0)
            return true;
        begin(self, stmt);
    }
    if (self->skipped || user == NULL || name == NULL || role == NULL || !ids_user_ok(user, strlen(user)))
        return false;
    buf_add(&self->texts, user, strlen(user) + 1);
    buf_add(&self->texts, name, strlen(name) + 1);
    buf_add(&self->texts, role, strlen(role) + 1);
    self->row.participant_count++;
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
static enum directory_result read_dms(struct directory *self, sqlite3_stmt *stmt, const char *workspace,
                                      bool (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    struct reader reader = {.fn = fn, .ctx = ctx, .left = SIZE_MAX};
    buf_init(&reader.name);
    buf_init(&reader.texts);
    statement_text(stmt, 1, workspace);
    enum directory_result result =
        statement_each_until(self, stmt, &reader.left, "DMs, or participants of DMs,", on_row, &reader);
    if (result == DIRECTORY_OK && reader.left > 0)
        finish(&reader);
    reader_fini(&reader);
    return result;
}

/* Counts what goes through to the real reader: a DM that is not there is NOT_FOUND. */
struct single {
    void (*fn)(void *ctx, const struct dm_row *row);
    void *ctx;
    bool found;
};

static bool on_single(void *ctx, const struct dm_row *row)
{
    struct single *single = ctx;
    single->found = true;
    single->fn(single->ctx, row);
    return true;
}

enum directory_result directory_get_dm(struct directory *self, const char *workspace, int64_t id,
                                       void (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    struct single single = {fn, ctx, false};
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_GET_DM,
                                       "SELECT " COLUMNS " FROM dm " PARTICIPANTS
                                       "WHERE dm.workspace = ?1 AND dm.id = ?2 ORDER BY p.user");
    statement_int(stmt, 2, id);
    result = read_dms(self, stmt, workspace, on_single, &single);
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
                                        bool (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    enum directory_result result = directory_ready(self);
    if (result != DIRECTORY_OK)
        return result;
    sqlite3_stmt *stmt;
    if (user == NULL) {
        stmt = statement_use(self, STATEMENT_EACH_DM,
                             "SELECT " COLUMNS " FROM dm " PARTICIPANTS
                             "WHERE dm.workspace = ?1 AND dm.id > ?2 ORDER BY dm.id, p.user");
    } else {
        stmt = statement_use(self, STATEMENT_EACH_DM_OF,
                             "SELECT " COLUMNS " FROM dm_participant AS mine "
                             "CROSS JOIN dm ON dm.workspace = ?1 AND dm.id = mine.dm " PARTICIPANTS
                             "WHERE mine.workspace = ?1 AND mine.user = ?3 AND mine.dm > ?2 ORDER BY mine.dm, p.user");
        statement_text(stmt, 3, user);
    }
    statement_int(stmt, 2, after);
    return read_dms(self, stmt, workspace, fn, ctx);
}
