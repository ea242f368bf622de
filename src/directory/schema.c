/* SPDX-License-Identifier: ISC */
/* See schema.h. */
#include "directory/schema.h"

#include "base/mem.h"
#include "directory/sql.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/*
 * Everything a schema consists of, as an administrator would call it, after a digit that sorts what depends on other
 * things later.
 */
static const char things_sql[] =
    "WITH own AS (SELECT name FROM pragma_table_list "
    "             WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\')"
    "SELECT '1the table ' || name FROM own "
    "UNION SELECT '2the column ' || own.name || '.' || p.name || ' ' || p.type || iif(p.\"notnull\", ' NOT NULL', '') "
    "      FROM own, pragma_table_info(own.name) AS p "
    "UNION SELECT '3the reference from ' || own.name || ' to ' || f.\"table\" "
    "      FROM own, pragma_foreign_key_list(own.name) AS f "
    "UNION SELECT '4the ' || type || ' ' || name FROM sqlite_schema "
    "      WHERE type IN ('index', 'trigger', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "ORDER BY 1";

struct things {
    char **names; /* owned, as is each element */
    size_t count;
};

static void things_fini(struct things *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->names[i]);
    free(self->names);
}

/* False if they cannot be read. */
static bool things_read(struct things *self, sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, things_sql, -1, &stmt, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        self->names = mem_resize(self->names, self->count + 1, sizeof *self->names);
        self->names[self->count++] = mem_text(name ? name : "");
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE;
}

/* The first of THESE that is not among THOSE; NULL if there is none. */
static const char *first_beyond(const struct things *these, const struct things *those)
{
    size_t at = 0;
    for (size_t i = 0; i < these->count; i++) {
        while (at < those->count && strcmp(those->names[at], these->names[i]) < 0)
            at++;
        if (at == those->count || strcmp(those->names[at], these->names[i]) != 0)
            return these->names[i];
    }
    return NULL;
}

sqlite3 *schema_model(int64_t version)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    for (const struct migration *step = migrations; rc == SQLITE_OK && step->version != 0; step++)
        if (step->version <= version)
            rc = sqlite3_exec(db, step->sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        abort(); /* no memory: the tests show that the steps work */
    return db;
}

static void read_model(struct things *things, int64_t version)
{
    sqlite3 *model = schema_model(version);
    if (!things_read(things, model))
        abort(); /* as above */
    sqlite3_close(model);
}

static bool is_as(const struct things *things, int64_t version)
{
    struct things model = {0};
    read_model(&model, version);
    bool same = !first_beyond(things, &model) && !first_beyond(&model, things);
    things_fini(&model);
    return same;
}

int schema_newest(const struct migration *steps)
{
    int version = 0;
    for (; steps->version != 0; steps++)
        version = steps->version;
    return version;
}

/* What keeps THINGS from being the schema of VERSION: foreign things (if STRANGERS count), or missing ones. */
static enum directory_result compare(struct db *db, const struct things *things, int64_t version, bool strangers)
{
    struct things model = {0};
    enum directory_result result = DIRECTORY_OK;
    read_model(&model, version);
    const char *stranger = strangers ? first_beyond(things, &model) : NULL;
    const char *missing = first_beyond(&model, things);
    if (stranger)
        result = db_broken(db, "the database %s holds %s, which is not Rollcall's: give Rollcall a file of its own",
                           db->path, stranger + 1);
    else if (missing)
        result = db_broken(db,
                           "the database %s lacks %s: restore a backup, or a whole dump into a new file (sqlite3 "
                           "OLD.db .dump | sqlite3 NEW.db)",
                           db->path, missing + 1);
    things_fini(&model);
    return result;
}

/* Finds the version of THINGS, of a database that does not say. */
static enum directory_result find_version(struct db *db, const struct things *things, int64_t *version)
{
    int64_t newest = schema_newest(migrations);
    if (things->count == 0)
        return DIRECTORY_OK;
    for (*version = newest; *version > 0; (*version)--)
        if (is_as(things, *version))
            return DIRECTORY_OK;
    return compare(db, things, newest, true);
}

enum directory_result schema_check(struct db *db, int64_t *version)
{
    struct things things = {0};
    enum directory_result result;
    if (!things_read(&things, db->handle))
        result = db_fail(db, sqlite3_extended_errcode(db->handle));
    else if (*version == 0)
        result = find_version(db, &things, version);
    else
        result = compare(db, &things, *version, false);
    things_fini(&things);
    return result;
}
