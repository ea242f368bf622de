/* SPDX-License-Identifier: ISC */
/* See revision.h. */
#include "directory/revision.h"

#include "directory/statement.h"

#include <stdatomic.h>

static enum directory_result read_value(struct db *db, int64_t *value)
{
    enum directory_result result =
        statement_number(db, statement_use(db, STATEMENT_REVISION, "SELECT value FROM revision"), value);
    if (result != DIRECTORY_NOT_FOUND)
        return result;
    return db_broken(db, "the table revision of the database %s is empty: restore it from a backup", db->path);
}

/* COMMITS were counted before this. An own commit does not change data_version, but is one of them. */
static enum directory_result look(struct revision *self, struct db *db, uint64_t commits)
{
    int64_t version = 0;
    int64_t value = self->value;
    int64_t changes = self->changes;
    enum directory_result result =
        statement_number(db, statement_use(db, STATEMENT_DATA_VERSION, "PRAGMA data_version"), &version);
    if (result == DIRECTORY_OK && (version != self->version || commits != self->commits_seen)) {
        result = read_value(db, &value);
        changes++;
    }
    if (result != DIRECTORY_OK)
        return result;
    *self = (struct revision){value, changes, version, db->now_ms, commits};
    return DIRECTORY_OK;
}

enum directory_result revision_update(struct revision *self, struct db *db)
{
    enum directory_result result = db_ready(db);
    if (result != DIRECTORY_OK)
        return result;
    /* Counted before the database is read: a commit in between is then looked for again, not missed. */
    uint64_t commits = atomic_load(db->commits);
    bool shared = db->commits != &db->own_commits;
    if (shared && commits == self->commits_seen && self->version != -1 &&
        db->now_ms - self->version_checked_ms < REVISION_FOREIGN_CHECK_MS)
        return DIRECTORY_OK;
    return look(self, db, commits);
}

void revision_reset(struct revision *self)
{
    self->version = -1;
}
