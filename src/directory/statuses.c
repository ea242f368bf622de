/* SPDX-License-Identifier: ISC */
/* See statuses.h: what reads. */
#include "directory/statuses.h"

#include "base/ids.h"
#include "directory/parts_private.h"
#include "directory/policies_private.h"
#include "directory/statement.h"
#include "directory/statuses_private.h"

#include <string.h>

/* The row comes first: for somebody without one, which is nearly everyone, that is one look at the primary key. */
#define SELECT_FROM(rows)                                                                                              \
    "SELECT s.workspace, s.user, s.rev, s.changed_ms, s.last_seen, s.typing, w.invisible, w.messages, w.last_seen, "   \
    "l.kind, l.name, l.variant, l.show, l.dnd, l.text, l.emoji, l.priority, l.present, l.set_ms, l.until_ms "          \
    "FROM " rows " AS s CROSS JOIN workspace AS w ON w.id = s.workspace "                                              \
    "LEFT JOIN layer AS l ON l.workspace = s.workspace AND l.user = s.user "

#define OF_WORKSPACE "(SELECT * FROM status WHERE workspace = ?1 AND user > ?2 ORDER BY user LIMIT ?3)"
#define SINCE_REV                                                                                                      \
    "(SELECT * FROM status WHERE (rev, workspace, user) > (?1, ?2, ?3) ORDER BY rev, workspace, user LIMIT ?4)"

enum {
    COLUMN_WORKSPACE,
    COLUMN_USER,
    COLUMN_REV,
    COLUMN_CHANGED,
    COLUMN_LAST_SEEN,
    COLUMN_TYPING,
    COLUMN_POLICY,
    COLUMN_KIND = COLUMN_POLICY + 3,
    COLUMN_NAME,
    COLUMN_VARIANT,
    COLUMN_SHOW,
    COLUMN_DND,
    COLUMN_TEXT,
    COLUMN_EMOJI,
    COLUMN_PRIORITY,
    COLUMN_PRESENT,
    COLUMN_SET,
    COLUMN_UNTIL,
};

/* Puts the layers of a user together, and hands them on if FN is set. */
struct reader {
    struct status_draft draft; /* of the user whose layers come now; its user is NULL before the first */
    status_fn *fn;
    void *ctx;
};

static enum said said_column(struct sqlite3_stmt *stmt, int index)
{
    if (statement_column_null(stmt, index))
        return SAID_NOTHING;
    return statement_column_int(stmt, index) ? SAID_TRUE : SAID_FALSE;
}

/* A user without layers has one row, in which all columns of a layer are NULL. */
static void add_layer(struct status_draft *draft, struct sqlite3_stmt *stmt)
{
    const char *kind = statement_column(stmt, COLUMN_KIND);
    const char *variant = statement_column(stmt, COLUMN_VARIANT);
    const char *show = statement_column(stmt, COLUMN_SHOW);
    struct layer layer = {
        .name = statement_column(stmt, COLUMN_NAME),
        .dnd = said_column(stmt, COLUMN_DND),
        .text = statement_column(stmt, COLUMN_TEXT),
        .emoji = statement_column(stmt, COLUMN_EMOJI),
        .priority = (int)statement_column_int(stmt, COLUMN_PRIORITY),
        .present = statement_column_int(stmt, COLUMN_PRESENT) != 0,
        .set_ms = statement_column_int(stmt, COLUMN_SET),
        .until_ms = statement_column_int(stmt, COLUMN_UNTIL),
    };
    if (!kind || !variant || !layer_kind_parse(kind, &layer.kind) || !layer_variant_parse(variant, &layer.variant))
        return;
    if (show)
        show_parse(show, &layer.show);
    status_draft_add(draft, &layer);
}

static void begin(struct status_draft *draft, struct sqlite3_stmt *stmt)
{
    const char *last_seen = statement_column(stmt, COLUMN_LAST_SEEN);
    status_draft_init(draft, statement_column(stmt, COLUMN_WORKSPACE), statement_column(stmt, COLUMN_USER));
    draft->row.rev = statement_column_int(stmt, COLUMN_REV);
    draft->row.changed_ms = statement_column_int(stmt, COLUMN_CHANGED);
    if (last_seen)
        last_seen_parse(last_seen, &draft->row.last_seen);
    draft->row.hides_typing = statement_column_int(stmt, COLUMN_TYPING) == 0;
    policy_columns(stmt, COLUMN_POLICY, &draft->row.policy);
}

static void hand_on(struct reader *reader)
{
    if (!reader->draft.row.user)
        return;
    reader->fn(reader->ctx, &reader->draft.row);
    status_draft_fini(&reader->draft);
}

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    struct reader *reader = ctx;
    const struct status_row *row = &reader->draft.row;
    const char *workspace = statement_column(stmt, COLUMN_WORKSPACE);
    const char *user = statement_column(stmt, COLUMN_USER);
    if (!workspace || !user || !ids_workspace_ok(workspace, strlen(workspace)) || !ids_user_ok(user, strlen(user)))
        return false;
    bool same = row->user && strcmp(row->user, user) == 0 && strcmp(row->workspace, workspace) == 0;
    if (!same) {
        hand_on(reader);
        begin(&reader->draft, stmt);
    }
    add_layer(&reader->draft, stmt);
    return true;
}

enum directory_result status_read(struct db *db, const char *workspace, const char *user, struct status_draft *self)
{
    struct reader reader = {.fn = NULL};
    struct row_reader rows = {on_row, &reader, "layers", SIZE_MAX};
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_GET_STATUS,
        SELECT_FROM("status") "WHERE s.workspace = ?1 AND s.user = ?2 ORDER BY l.kind, l.name, l.variant");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, user);
    enum directory_result result = statement_each(db, stmt, &rows);
    *self = reader.draft;
    if (result != DIRECTORY_OK)
        status_draft_fini(self);
    return result == DIRECTORY_OK && !self->row.user ? DIRECTORY_NOT_FOUND : result;
}

enum directory_result directory_get_status(struct directory *self, const char *workspace, const char *user,
                                           status_fn *fn, void *ctx)
{
    struct status_draft draft;
    enum directory_result result = db_ready(&self->db);
    if (result == DIRECTORY_OK)
        result = status_read(&self->db, workspace, user, &draft);
    if (result != DIRECTORY_OK)
        return result;
    fn(ctx, &draft.row);
    status_draft_fini(&draft);
    return DIRECTORY_OK;
}

static enum directory_result each(struct db *db, struct sqlite3_stmt *stmt, status_fn *fn, void *ctx)
{
    struct reader reader = {.fn = fn, .ctx = ctx};
    struct row_reader rows = {on_row, &reader, "layers", SIZE_MAX};
    enum directory_result result = statement_each(db, stmt, &rows);
    if (result == DIRECTORY_OK)
        hand_on(&reader);
    else
        status_draft_fini(&reader.draft); /* some of its layers may be missing */
    return result;
}

/* SQLite takes a negative limit for none. */
static int64_t limit_of(const struct status_range *range)
{
    return range->limit > INT64_MAX ? INT64_MAX : (int64_t)range->limit;
}

enum directory_result directory_each_status(struct directory *self, const struct status_range *range, status_fn *fn,
                                            void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt = statement_use(&self->db, STATEMENT_EACH_STATUS,
                                              SELECT_FROM(OF_WORKSPACE) "ORDER BY s.user, l.kind, l.name, l.variant");
    statement_text(stmt, 1, range->workspace);
    statement_text(stmt, 2, range->after ? range->after : "");
    statement_int(stmt, 3, limit_of(range));
    return each(&self->db, stmt, fn, ctx);
}

enum directory_result directory_each_status_since(struct directory *self, const struct status_range *range,
                                                  status_fn *fn, void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_EACH_STATUS_SINCE,
                      SELECT_FROM(SINCE_REV) "ORDER BY s.rev, s.workspace, s.user, l.kind, l.name, l.variant");
    statement_int(stmt, 1, range->rev);
    statement_text(stmt, 2, range->workspace ? range->workspace : "");
    statement_text(stmt, 3, range->after ? range->after : "");
    statement_int(stmt, 4, limit_of(range));
    return each(&self->db, stmt, fn, ctx);
}
