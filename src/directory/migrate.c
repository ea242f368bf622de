/* SPDX-License-Identifier: ISC */
/* See migrate.h. */
#include "directory/migrate.h"

#include "base/log.h"
#include "directory/schema.h"
#include "directory/statement.h"

#include <sqlite3.h>
#include <stdio.h>

enum directory_result migrate_check(struct db *db, const struct migration *steps)
{
    int64_t version = 0;
    enum directory_result result = statement_number_once(db, "PRAGMA user_version", &version);
    if (result != DIRECTORY_OK)
        return result;
    if (version > schema_newest(steps) || version < 0)
        return db_broken(db,
                         "the database %s has schema version %lld, made by a newer rollcalld; this one knows up "
                         "to %d: install the newer one, or restore the backup made before it",
                         db->path, (long long)version, schema_newest(steps));
    return schema_check(db, &version);
}

static enum directory_result set_version(struct db *db, int64_t version)
{
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %lld", (long long)version);
    return db_execute(db, pragma);
}

/* The version is set in the same transaction. */
static enum directory_result apply(struct db *db, const struct migration *step)
{
    enum directory_result result = db_execute(db, step->sql);
    if (result == DIRECTORY_OK)
        result = set_version(db, step->version);
    if (result == DIRECTORY_OK)
        log_info("the database %s now has schema version %d (%s)", db->path, step->version, step->name);
    return result;
}

/* Sets the version of a restored dump, which lacks it. */
static enum directory_result take_dump(struct db *db, int64_t *version)
{
    enum directory_result result = schema_check(db, version);
    if (result != DIRECTORY_OK || *version == 0)
        return result;
    log_info("the database %s is a restored dump of schema version %lld", db->path, (long long)*version);
    return set_version(db, *version);
}

static enum directory_result apply_missing(struct db *db, const struct migration *steps)
{
    int64_t version = 0;
    enum directory_result result = statement_number_once(db, "PRAGMA user_version", &version);
    if (result == DIRECTORY_OK && version == 0)
        result = take_dump(db, &version);
    for (; result == DIRECTORY_OK && steps->version != 0; steps++)
        if (steps->version > version)
            result = apply(db, steps);
    return result;
}

enum directory_result migrate_run(struct db *db, const struct migration *steps)
{
    int64_t version = 0;
    enum directory_result result = statement_number_once(db, "PRAGMA user_version", &version);
    if (result != DIRECTORY_OK || version == schema_newest(steps))
        return result;
    result = db_execute(db, "BEGIN IMMEDIATE");
    if (result != DIRECTORY_OK)
        return result;
    result = apply_missing(db, steps);
    if (result == DIRECTORY_OK)
        result = db_execute(db, "COMMIT");
    /* The error is kept; a rollback that fails too has nothing to add. */
    if (result != DIRECTORY_OK && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return result;
}
