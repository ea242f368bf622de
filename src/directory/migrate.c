/* SPDX-License-Identifier: ISC */
/*
 * Brings a database to this binary's schema. Its version is PRAGMA user_version, which a transaction covers: several
 * processes may start at once, the first does the work under BEGIN IMMEDIATE and the others then find it done.
 */
#include "base/log.h"
#include "directory/directory_private.h"
#include "directory/sql.h"

#include <stdio.h>

static enum directory_result execute(struct directory *self, const char *sql)
{
    int rc = sqlite3_exec(self->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? DIRECTORY_OK : directory_fail(self, rc);
}

/* These statements are used once, so they are not kept. */
static enum directory_result ask(struct directory *self, const char *sql, int64_t *number)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(self->db, sql, -1, &stmt, NULL);
    enum directory_result result = statement_number(self, stmt, number);
    sqlite3_finalize(stmt);
    return result;
}

static int newest(const struct migration *steps)
{
    int version = 0;
    for (; steps->version != 0; steps++)
        version = steps->version;
    return version;
}

enum directory_result migrate_check(struct directory *self, const struct migration *steps)
{
    int64_t version = 0;
    enum directory_result result = ask(self, "PRAGMA user_version", &version);
    if (result != DIRECTORY_OK)
        return result;
    if (version > newest(steps) || version < 0)
        return directory_broken(self,
                                "the database %s has schema version %lld, made by a newer rollcalld; this one knows up "
                                "to %d: install the newer one, or restore the backup made before it",
                                self->path, (long long)version, newest(steps));
    return schema_check(self, &version);
}

static enum directory_result set_version(struct directory *self, int64_t version)
{
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %lld", (long long)version);
    return execute(self, pragma);
}

/* The version goes in the same transaction as what it stands for. */
static enum directory_result apply(struct directory *self, const struct migration *step)
{
    enum directory_result result = execute(self, step->sql);
    if (result == DIRECTORY_OK)
        result = set_version(self, step->version);
    if (result == DIRECTORY_OK)
        log_info("the database %s now has schema version %d (%s)", self->path, step->version, step->name);
    return result;
}

/* Sets the version of a restored dump, which has none. */
static enum directory_result take_dump(struct directory *self, int64_t *version)
{
    enum directory_result result = schema_check(self, version);
    if (result != DIRECTORY_OK || *version == 0)
        return result;
    log_info("the database %s is a restored dump of schema version %lld", self->path, (long long)*version);
    return set_version(self, *version);
}

static enum directory_result apply_missing(struct directory *self, const struct migration *steps)
{
    int64_t version = 0;
    enum directory_result result = ask(self, "PRAGMA user_version", &version);
    if (result == DIRECTORY_OK && version == 0)
        result = take_dump(self, &version);
    for (; result == DIRECTORY_OK && steps->version != 0; steps++)
        if (steps->version > version)
            result = apply(self, steps);
    return result;
}

enum directory_result migrate_run(struct directory *self, const struct migration *steps)
{
    int64_t version = 0;
    enum directory_result result = ask(self, "PRAGMA user_version", &version);
    if (result != DIRECTORY_OK || version == newest(steps))
        return result;
    result = execute(self, "BEGIN IMMEDIATE");
    if (result != DIRECTORY_OK)
        return result;
    result = apply_missing(self, steps);
    if (result == DIRECTORY_OK)
        result = execute(self, "COMMIT");
    /* The sentence of what went wrong is kept; a rollback that fails as well has nothing to add. */
    if (result != DIRECTORY_OK && !sqlite3_get_autocommit(self->db))
        sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}
