/* SPDX-License-Identifier: ISC */
/*
 * Members whom a JWT admits and names (directory_admit_member()). Without a limit, two JWTs of one user with different
 * names, used in turn, would rename them as often as they are sent, and each time everyone reads the members again.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "directory/members_private.h"
#include "directory/parts_private.h"
#include "directory/statement.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

/* What a JWT claims, and what is known of earlier ones. */
struct naming {
    const struct member_claim *claim;
    int64_t issued_ms; /* as it counts: not in the future */
    int64_t now_ms;
    int64_t last_issued_ms;
    int64_t renamed_ms;
};

static enum directory_result read_last(struct db *db, struct naming *naming)
{
    struct sqlite3_stmt *stmt =
        statement_use(db, STATEMENT_GET_NAMED,
                      "SELECT issued_ms, renamed_ms FROM named JOIN member USING (workspace, user) "
                      "WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, naming->claim->workspace);
    statement_text(stmt, 2, naming->claim->user);
    enum directory_result result = statement_step(db, stmt);
    if (result == DIRECTORY_OK) {
        naming->last_issued_ms = statement_column_int(stmt, 0);
        naming->renamed_ms = statement_column_int(stmt, 1);
    }
    statement_done(stmt);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

/* A clock that was set back does not make the interval longer. */
static bool may_rename(const struct naming *naming)
{
    int64_t since_ms = naming->now_ms - naming->renamed_ms;
    return naming->issued_ms >= naming->last_issued_ms && (since_ms < 0 || since_ms >= LIMIT_RENAME_SECONDS * 1000);
}

static enum directory_result keep(struct db *db, const struct naming *naming)
{
    struct sqlite3_stmt *stmt = statement_use(db, STATEMENT_PUT_NAMED,
                                              "INSERT OR REPLACE INTO named (workspace, user, issued_ms, renamed_ms) "
                                              "VALUES (?1, ?2, ?3, ?4)");
    statement_text(stmt, 1, naming->claim->workspace);
    statement_text(stmt, 2, naming->claim->user);
    statement_int(stmt, 3, naming->issued_ms);
    statement_int(stmt, 4, naming->renamed_ms);
    return statement_run(db, stmt);
}

/* Inside a transaction, in which nobody else names. */
static enum directory_result put(struct db *db, struct naming *naming, enum member_change *changed)
{
    enum directory_result result = read_last(db, naming);
    if (result != DIRECTORY_OK || !may_rename(naming))
        return result;
    struct member_edit edit = {.user = naming->claim->user, .name = naming->claim->name};
    result = member_put(db, naming->claim->workspace, &edit, changed);
    if (*changed == MEMBER_SAME || (result != DIRECTORY_OK && result != DIRECTORY_CREATED))
        return result;
    naming->renamed_ms = result == DIRECTORY_CREATED ? 0 : naming->now_ms;
    enum directory_result kept = keep(db, naming);
    return kept == DIRECTORY_OK ? result : kept;
}

enum directory_result directory_admit_member(struct directory *self, const struct member_claim *claim,
                                             enum member_change *changed)
{
    struct db *db = &self->db;
    struct naming naming = {.claim = claim, .now_ms = clock_wall_ms()};
    naming.issued_ms = claim->issued_ms < naming.now_ms ? claim->issued_ms : naming.now_ms;
    *changed = MEMBER_SAME;
    /* These are asked before the transaction too: most claims change nothing, and then need no lock. */
    enum directory_result result = db_ready(db);
    if (result == DIRECTORY_OK)
        result = read_last(db, &naming);
    if (result != DIRECTORY_OK || !may_rename(&naming))
        return result;
    result = workspace_exists(db, claim->workspace);
    if (result == DIRECTORY_OK)
        result = transaction_begin(db);
    enum member_change different = MEMBER_SAME;
    if (result == DIRECTORY_OK)
        result = transaction_end(db, put(db, &naming, &different));
    if (result == DIRECTORY_OK || result == DIRECTORY_CREATED)
        *changed = different;
    return result;
}
