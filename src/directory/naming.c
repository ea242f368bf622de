/* SPDX-License-Identifier: ISC */
/*
 * Members whom a JWT admits and names. Two of one user with different names, used in turn, would else rename as often as they
 * are sent, and each time everybody reads the members again.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "directory/directory_private.h"

/* Whom a JWT names, and what is known of earlier ones. */
struct naming {
    const char *workspace;
    const char *user;
    const char *name; /* NULL for none */
    int64_t issued_ms;
    int64_t now_ms;
    int64_t last_issued_ms;
    int64_t renamed_ms;
};

static enum directory_result read_last(struct directory *self, struct naming *naming)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_GET_NAMED,
                                       "SELECT issued_ms, renamed_ms FROM named JOIN member USING (workspace, user) "
                                       "WHERE workspace = ?1 AND user = ?2");
    statement_text(stmt, 1, naming->workspace);
    statement_text(stmt, 2, naming->user);
    enum directory_result result = statement_step(self, stmt);
    if (result == DIRECTORY_OK) {
        naming->last_issued_ms = sqlite3_column_int64(stmt, 0);
        naming->renamed_ms = sqlite3_column_int64(stmt, 1);
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

static enum directory_result note(struct directory *self, const struct naming *naming)
{
    sqlite3_stmt *stmt = statement_use(self, STATEMENT_PUT_NAMED,
                                       "INSERT OR REPLACE INTO named (workspace, user, issued_ms, renamed_ms) "
                                       "VALUES (?1, ?2, ?3, ?4)");
    statement_text(stmt, 1, naming->workspace);
    statement_text(stmt, 2, naming->user);
    statement_int(stmt, 3, naming->issued_ms);
    statement_int(stmt, 4, naming->renamed_ms);
    return statement_run(self, stmt);
}

/* Inside a transaction, in which nobody else names. */
static enum directory_result put(struct directory *self, struct naming *naming, enum member_change *changed)
{
    enum directory_result result = read_last(self, naming);
    if (result != DIRECTORY_OK || !may_rename(naming))
        return result;
    result = member_put(self, naming->workspace, naming->user, naming->name, NULL, changed);
    if (*changed == MEMBER_SAME || (result != DIRECTORY_OK && result != DIRECTORY_CREATED))
        return result;
    naming->renamed_ms = result == DIRECTORY_CREATED ? 0 : naming->now_ms;
    enum directory_result noted = note(self, naming);
    return noted == DIRECTORY_OK ? result : noted;
}

enum directory_result directory_admit_member(struct directory *self, const char *workspace, const char *user,
                                             const char *name, int64_t issued_ms, enum member_change *changed)
{
    struct naming naming = {.workspace = workspace, .user = user, .name = name, .now_ms = clock_wall_ms()};
    enum member_change different = MEMBER_SAME;
    *changed = MEMBER_SAME;
    naming.issued_ms = issued_ms < naming.now_ms ? issued_ms : naming.now_ms;
    /* Both are asked before as well: most that change nothing then need no lock. */
    enum directory_result result = directory_ready(self);
    if (result == DIRECTORY_OK)
        result = read_last(self, &naming);
    if (result != DIRECTORY_OK || !may_rename(&naming))
        return result;
    result = workspace_exists(self, workspace);
    if (result == DIRECTORY_OK)
        result = transaction_begin(self);
    if (result == DIRECTORY_OK)
        result = transaction_end(self, put(self, &naming, &different));
    if (result == DIRECTORY_OK || result == DIRECTORY_CREATED)
        *changed = different;
    return result;
}
