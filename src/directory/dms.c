/* SPDX-License-Identifier: ISC */
/* See dms.h. Reading and removing DMs; dm_open.c opens them, partners.c tells who shares one. */
#include "directory/dms.h"

#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/dms_private.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS "dm.id, dm.name, dm.pair IS NULL, dm.created_ms, member.user, member.name, member.role"

/*
 * One row for each participant, DM after DM. The order of the joins, and the plus, which keeps SQLite from using
 * another index, make a page cost only what is in it.
 */
#define PARTICIPANTS                                                                                                   \
    "CROSS JOIN dm_participant AS p ON p.workspace = ?1 AND p.dm = +dm.id "                                            \
    "CROSS JOIN member ON member.workspace = ?1 AND member.user = p.user "

/* Where the DMs go, and the one whose participants are coming in. */
struct reader {
    bool (*fn)(void *ctx, const struct dm_row *row);
    void *ctx;
    struct row_reader reading;
    struct dm_row row;       /* id 0 before the first */
    bool skipped;            /* its name may not be passed on */
    struct buf name;         /* of it; "" for none */
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

/* The texts may have moved while they grew, so the pointers are taken when all are there. */
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

/* The DM is complete: hands it on. */
static void finish(struct reader *self)
{
    if (self->row.id == 0 || self->skipped)
        return;
    point_at_texts(self);
    if (!self->fn(self->ctx, &self->row))
        self->reading.left = 0;
}

/* The row begins the next DM. */
static void begin(struct reader *self, struct sqlite3_stmt *stmt)
{
    const char *name = statement_column(stmt, 1);
    bool named = !statement_column_null(stmt, 1);
    buf_clear(&self->texts);
    buf_clear(&self->name);
    buf_add(&self->name, name ? name : "", name ? strlen(name) + 1 : 1);
    self->skipped = named && !name;
    self->row = (struct dm_row){
        .id = statement_column_int(stmt, 0),
        .name = named ? self->name.data : NULL,
        .group = statement_column_int(stmt, 2) != 0,
        .created_ms = statement_column_int(stmt, 3),
    };
}

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    struct reader *self = ctx;
    const char *user = statement_column(stmt, 4);
    const char *name = statement_column(stmt, 5);
    const char *role = statement_column(stmt, 6);
    if (statement_column_int(stmt, 0) != self->row.id) {
        finish(self);
        if (self->reading.left == 0)
            return true;
        begin(self, stmt);
    }
    if (self->skipped || !user || !name || !role || !ids_user_ok(user, strlen(user)))
        return false;
    buf_add(&self->texts, user, strlen(user) + 1);
    buf_add(&self->texts, name, strlen(name) + 1);
    buf_add(&self->texts, role, strlen(role) + 1);
    self->row.participant_count++;
    return true;
}

/* Parameters 2 and up of STMT are bound. */
static enum directory_result read_dms(struct db *db, struct sqlite3_stmt *stmt, const char *workspace,
                                      struct reader *reader)
{
    reader->reading = (struct row_reader){on_row, reader, "DMs, or participants of DMs,", SIZE_MAX};
    buf_init(&reader->name);
    buf_init(&reader->texts);
    statement_text(stmt, 1, workspace);
    enum directory_result result = statement_each(db, stmt, &reader->reading);
    if (result == DIRECTORY_OK && reader->reading.left > 0)
        finish(reader);
    reader_fini(reader);
    return result;
}

enum directory_result dm_delete(struct db *db, const char *workspace, int64_t id)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_DELETE_DM, "DELETE FROM dm WHERE workspace = ?1 AND id = ?2");
    statement_text(stmt, 1, workspace);
    statement_int(stmt, 2, id);
    return statement_run(db, stmt);
}

enum directory_result directory_delete_dm(struct directory *self, const char *workspace, int64_t id)
{
    enum directory_result result = transaction_begin(&self->db);
    return result == DIRECTORY_OK ? transaction_end(&self->db, dm_delete(&self->db, workspace, id)) : result;
}

/* Notes whether a DM went through, since one that does not exist is NOT_FOUND. */
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
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct single single = {fn, ctx, false};
    struct reader reader = {.fn = on_single, .ctx = &single};
    struct sqlite3_stmt *stmt = statement_use(&self->db, STATEMENT_GET_DM,
                                              "SELECT " COLUMNS " FROM dm " PARTICIPANTS
                                              "WHERE dm.workspace = ?1 AND dm.id = ?2 ORDER BY p.user");
    statement_int(stmt, 2, id);
    result = read_dms(&self->db, stmt, workspace, &reader);
    return result == DIRECTORY_OK && !single.found ? DIRECTORY_NOT_FOUND : result;
}

enum directory_result directory_each_dm(struct directory *self, const struct dm_range *range,
                                        bool (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {.fn = fn, .ctx = ctx};
    struct sqlite3_stmt *stmt;
    if (range->user) {
        stmt = statement_use(&self->db, STATEMENT_EACH_DM_OF,
                             "SELECT " COLUMNS " FROM dm_participant AS mine "
                             "CROSS JOIN dm ON dm.workspace = ?1 AND dm.id = mine.dm " PARTICIPANTS
                             "WHERE mine.workspace = ?1 AND mine.user = ?3 AND mine.dm > ?2 ORDER BY mine.dm, p.user");
        statement_text(stmt, 3, range->user);
    } else {
        stmt = statement_use(&self->db, STATEMENT_EACH_DM,
                             "SELECT " COLUMNS " FROM dm " PARTICIPANTS
                             "WHERE dm.workspace = ?1 AND dm.id > ?2 ORDER BY dm.id, p.user");
    }
    statement_int(stmt, 2, range->after);
    return read_dms(&self->db, stmt, range->workspace, &reader);
}

static enum directory_result participant_exists(struct db *db, const char *workspace, int64_t id, const char *user)
{
    int64_t one;
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_IS_IN_DM, "SELECT 1 FROM dm_participant WHERE workspace = ?1 AND dm = ?2 AND user = ?3");
    statement_text(stmt, 1, workspace);
    statement_int(stmt, 2, id);
    statement_text(stmt, 3, user);
    return statement_number(db, stmt, &one);
}

enum directory_result directory_is_in_dm(struct directory *self, const char *workspace, int64_t id, const char *user)
{
    enum directory_result result = revision_update(&self->revision, &self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct member_key key;
    if (!member_key_make(&key, workspace, user))
        return DIRECTORY_NOT_FOUND;
    member_key_add_dm(&key, id);
    member_memory_at(&self->participants, self->revision.changes);
    if (member_memory_has(&self->participants, &key))
        return DIRECTORY_OK;
    result = participant_exists(&self->db, workspace, id, user);
    if (result == DIRECTORY_OK)
        member_memory_add(&self->participants, &key);
    return result;
}
