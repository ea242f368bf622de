/* SPDX-License-Identifier: ISC */
/* What writes rows of statuses.h: reads one, lets status_draft.c change it, and writes it, in one transaction. */
#include "base/mem.h"
#include "directory/members_private.h"
#include "directory/parts_private.h"
#include "directory/policies_private.h"
#include "directory/statement.h"
#include "directory/statuses.h"
#include "directory/statuses_private.h"
#include "directory/transaction.h"

#include <stdlib.h>

struct status_copy {
    struct status_draft before;
    struct status_draft after;
};

/* A write under way. */
struct status_write {
    struct db *db;
    struct status_edit *edit;
    struct status_draft draft;
    int64_t rev; /* of the row that was read; 0: there was none */
    bool begun;  /* a transaction has to be ended */
};

void status_copy_free(struct status_copy *copy)
{
    if (!copy)
        return;
    status_draft_fini(&copy->before);
    status_draft_fini(&copy->after);
    free(copy);
}

/* A member who never said anything. */
static enum directory_result begin_first(struct status_write *write)
{
    const struct status_edit *edit = write->edit;
    struct status_policy policy;
    enum directory_result result = member_exists(write->db, edit->workspace, edit->user);
    if (result == DIRECTORY_OK)
        result = policy_read(write->db, edit->workspace, &policy);
    if (result != DIRECTORY_OK)
        return result;
    status_draft_init(&write->draft, edit->workspace, edit->user);
    write->draft.row.policy = policy;
    return DIRECTORY_OK;
}

/* Begins the transaction and reads the row. Whatever it returns, end() is to follow. */
static enum directory_result begin(struct status_write *write, struct directory *directory, struct status_edit *edit)
{
    *write = (struct status_write){.db = &directory->db, .edit = edit};
    edit->rev = 0;
    edit->copy = NULL;
    enum directory_result result = transaction_begin(write->db);
    write->begun = result == DIRECTORY_OK;
    if (!write->begun)
        return result;
    result = status_read(write->db, edit->workspace, edit->user, &write->draft);
    if (result == DIRECTORY_NOT_FOUND)
        result = begin_first(write);
    write->rev = write->draft.row.rev;
    return result;
}

/* What was before; what will be after is added by end_change(). */
static void keep_before(struct status_write *write)
{
    if (!write->edit->keep)
        return;
    write->edit->copy = mem_new(sizeof *write->edit->copy);
    status_draft_copy(&write->edit->copy->before, &write->draft.row);
}

static void keep_after(struct status_write *write)
{
    if (write->edit->copy)
        status_draft_copy(&write->edit->copy->after, &write->draft.row);
}

static enum directory_result write_row(struct db *db, const struct status_row *row)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_PUT_STATUS,
                      "INSERT INTO status (workspace, user, rev, changed_ms, last_seen, typing) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                      "ON CONFLICT DO UPDATE SET rev = ?3, changed_ms = ?4, last_seen = ?5, typing = ?6");
    statement_text(stmt, 1, row->workspace);
    statement_text(stmt, 2, row->user);
    statement_int(stmt, 3, row->rev);
    statement_int(stmt, 4, row->changed_ms);
    statement_text(stmt, 5, last_seen_name(row->last_seen));
    statement_int(stmt, 6, !row->hides_typing);
    return statement_run(db, stmt);
}

static enum directory_result forget_layers(struct db *db, const struct status_row *row)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_DELETE_LAYERS, "DELETE FROM layer WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, row->workspace);
    statement_text(stmt, 2, row->user);
    enum directory_result result = statement_run(db, stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

static enum directory_result write_layer(struct db *db, const struct status_row *row, const struct layer *layer)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_ADD_LAYER,
                      "INSERT INTO layer (workspace, user, kind, name, variant, show, dnd, text, emoji, priority, "
                      "present, set_ms, until_ms) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?7 < 0, NULL, ?7), ?8, ?9, ?10, ?11, ?12, ?13)");
    statement_text(stmt, 1, row->workspace);
    statement_text(stmt, 2, row->user);
    statement_text(stmt, 3, layer_kind_name(layer->kind));
    statement_text(stmt, 4, layer->name);
    statement_text(stmt, 5, layer_variant_name(layer->variant));
    statement_text(stmt, 6, layer->show == SHOW_UNSAID ? NULL : show_name(layer->show));
    statement_int(stmt, 7, layer->dnd == SAID_NOTHING ? -1 : layer->dnd == SAID_TRUE);
    statement_text(stmt, 8, layer->text);
    statement_text(stmt, 9, layer->emoji);
    statement_int(stmt, 10, layer->priority);
    statement_int(stmt, 11, layer->present);
    statement_int(stmt, 12, layer->set_ms);
    statement_int(stmt, 13, layer->until_ms);
    return statement_run(db, stmt);
}

static enum directory_result write_all(struct db *db, const struct status_row *row)
{
    enum directory_result result = write_row(db, row);
    if (result == DIRECTORY_OK)
        result = forget_layers(db, row);
    for (size_t i = 0; result == DIRECTORY_OK && i < row->count; i++)
        result = write_layer(db, row, &row->layers[i]);
    return result;
}

/* Writes the draft with a new rev. */
static enum directory_result save(struct status_write *write)
{
    struct status_row *row = &write->draft.row;
    int64_t next = write->rev + STATUS_REV_STEP;
    row->rev = next > write->edit->now_ms ? next : write->edit->now_ms;
    return write_all(write->db, row);
}

/* Ends the transaction, with what RESULT says; OTHER: there is nothing to write. */
static enum directory_result end(struct status_write *write, enum directory_result result)
{
    struct status_edit *edit = write->edit;
    int64_t rev = write->draft.row.rev;
    status_draft_fini(&write->draft);
    if (write->begun)
        result = transaction_end(write->db, result);
    if (result == DIRECTORY_OK || result == DIRECTORY_CREATED) {
        edit->rev = rev;
        return result;
    }
    status_copy_free(edit->copy);
    edit->copy = NULL;
    return result;
}

/* What begins each change: the row, without what has ended. */
static enum directory_result begin_change(struct status_write *write, struct directory *directory,
                                          struct status_edit *edit)
{
    enum directory_result result = begin(write, directory, edit);
    if (result != DIRECTORY_OK)
        return result;
    status_draft_tidy(&write->draft, edit->now_ms);
    keep_before(write);
    return DIRECTORY_OK;
}

/* What ends each change that CHANGED says was made. */
static enum directory_result end_change(struct status_write *write, enum directory_result changed)
{
    enum directory_result result = changed;
    if (result == DIRECTORY_OK || result == DIRECTORY_CREATED) {
        status_draft_tidy(&write->draft, write->edit->now_ms);
        write->draft.row.changed_ms = write->edit->now_ms;
        keep_after(write);
        enum directory_result saved = save(write);
        result = saved == DIRECTORY_OK ? changed : saved;
    }
    return end(write, result);
}

enum directory_result directory_set_own_layer(struct directory *self, struct status_edit *edit,
                                              const struct layer *layer)
{
    struct status_write write;
    enum directory_result result = begin_change(&write, self, edit);
    if (result == DIRECTORY_OK)
        result = status_draft_set_own(&write.draft, layer, edit->now_ms);
    return end_change(&write, result);
}

enum directory_result directory_clear_own_layers(struct directory *self, struct status_edit *edit, bool all)
{
    struct status_write write;
    enum directory_result result = begin_change(&write, self, edit);
    if (result == DIRECTORY_OK)
        result = status_draft_clear_own(&write.draft, all);
    return end_change(&write, result);
}

enum directory_result directory_set_claim(struct directory *self, struct status_edit *edit, const struct layer *layer)
{
    struct status_write write;
    enum directory_result result = begin_change(&write, self, edit);
    if (result == DIRECTORY_OK)
        result = status_draft_set_claim(&write.draft, layer, edit->by_user, edit->now_ms);
    result = end_change(&write, result);
    return result == DIRECTORY_OTHER ? DIRECTORY_OK : result;
}

enum directory_result directory_end_claim(struct directory *self, struct status_edit *edit, const char *name)
{
    struct status_write write;
    enum directory_result result = begin_change(&write, self, edit);
    if (result == DIRECTORY_OK)
        result = status_draft_end_claim(&write.draft, name, edit->by_user, edit->now_ms);
    return end_change(&write, result);
}

enum directory_result directory_set_settings(struct directory *self, struct status_edit *edit,
                                             const struct settings_edit *settings)
{
    struct status_write write;
    enum directory_result result = begin_change(&write, self, edit);
    if (result == DIRECTORY_OK && settings->last_seen)
        write.draft.row.last_seen = *settings->last_seen;
    if (result == DIRECTORY_OK && settings->typing)
        write.draft.row.hides_typing = !*settings->typing;
    return end_change(&write, result);
}

enum directory_result directory_restore_status(struct directory *self, struct status_edit *edit)
{
    struct status_copy *copy = edit->copy;
    struct status_write write;
    edit->keep = false;
    enum directory_result result = begin_change(&write, self, edit);
    if (result == DIRECTORY_OK && !status_draft_take_back(&write.draft, &copy->before.row, &copy->after.row))
        result = DIRECTORY_OTHER;
    result = end_change(&write, result);
    edit->copy = copy;
    return result;
}
