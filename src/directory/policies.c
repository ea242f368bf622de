/* SPDX-License-Identifier: ISC */
/* See policies.h. */
#include "directory/policies.h"

#include "directory/parts_private.h"
#include "directory/policies_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"

/* The constraints of the table let no other names in. */
void policy_columns(struct sqlite3_stmt *stmt, int first, struct status_policy *out)
{
    const char *invisible = statement_column(stmt, first);
    const char *last_seen = statement_column(stmt, first + 2);
    *out = (struct status_policy){.messages = statement_column_int(stmt, first + 1) != 0};
    if (invisible)
        invisible_policy_parse(invisible, &out->invisible);
    if (last_seen)
        last_seen_parse(last_seen, &out->last_seen);
}

enum directory_result policy_read(struct db *db, const char *workspace, struct status_policy *out)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_GET_POLICY, "SELECT invisible, messages, last_seen FROM workspace WHERE id = ?1");
    statement_text(stmt, 1, workspace);
    enum directory_result result = statement_step(db, stmt);
    if (result == DIRECTORY_OK)
        policy_columns(stmt, 0, out);
    statement_done(stmt);
    return result;
}

enum directory_result directory_get_policy(struct directory *self, const char *workspace, struct status_policy *out)
{
    enum directory_result result = db_ready(&self->db);
    return result == DIRECTORY_OK ? policy_read(&self->db, workspace, out) : result;
}

/* A trigger makes the revs of the workspace's rows grow if what others see may change. */
static enum directory_result write(struct db *db, const char *workspace, const struct status_policy *policy)
{
    struct sqlite3_stmt *stmt = statement_use(
        db, STATEMENT_PUT_POLICY, "UPDATE workspace SET invisible = ?2, messages = ?3, last_seen = ?4 WHERE id = ?1");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, invisible_policy_name(policy->invisible));
    statement_int(stmt, 3, policy->messages);
    statement_text(stmt, 4, last_seen_name(policy->last_seen));
    return statement_run(db, stmt);
}

static bool is_seen_in_rows(const struct status_policy *a, const struct status_policy *b)
{
    return (a->invisible == INVISIBLE_FORBIDDEN) != (b->invisible == INVISIBLE_FORBIDDEN) || a->messages != b->messages;
}

static bool is_same(const struct status_policy *a, const struct status_policy *b)
{
    return a->invisible == b->invisible && a->messages == b->messages && a->last_seen == b->last_seen;
}

/* A row that is written as it was would go to the record's log, and from there to all pages of other machines. */
static enum directory_result put(struct db *db, const char *workspace, const struct policy_edit *edit,
                                 struct policy_change *changed)
{
    struct status_policy old;
    enum directory_result result = policy_read(db, workspace, &old);
    if (result != DIRECTORY_OK)
        return result;
    struct status_policy policy = {
        .invisible = edit->invisible ? *edit->invisible : old.invisible,
        .messages = edit->messages ? *edit->messages : old.messages,
        .last_seen = edit->last_seen ? *edit->last_seen : old.last_seen,
    };
    *changed = (struct policy_change){is_seen_in_rows(&old, &policy), old.last_seen != policy.last_seen};
    return is_same(&old, &policy) ? DIRECTORY_OK : write(db, workspace, &policy);
}

enum directory_result directory_put_policy(struct directory *self, const char *workspace,
                                           const struct policy_edit *edit, struct policy_change *changed)
{
    struct policy_change made = {0};
    enum directory_result result = transaction_begin(&self->db);
    if (result == DIRECTORY_OK)
        result = transaction_end(&self->db, put(&self->db, workspace, edit, &made));
    if (changed)
        *changed = result == DIRECTORY_OK ? made : (struct policy_change){0};
    return result;
}
