/* SPDX-License-Identifier: ISC */
/* See copy_changes.h. What was there is kept in temporary tables, which the end of the change removes if it fails. */
#include "directory/copy_changes.h"

#include "directory/statement.h"

#include <sqlite3.h>
#include <stdint.h>

/* What is remembered; of each table, the columns that somebody sees or that Redis has. */
#define WORKSPACES "SELECT id, name, messages, last_seen FROM workspace"
#define MEMBERS    "SELECT workspace, user, name, role FROM member"
#define SEATS                                                                                                          \
    "SELECT p.workspace, p.user, p.dm, d.name FROM dm_participant AS p JOIN dm AS d ON d.workspace = p.workspace "     \
    "AND d.id = p.dm"
#define STATUSES "SELECT workspace, user, rev FROM status"

/* Rows that are in one of two and not in the other. */
#define DIFFERENCE(now, before)                                                                                        \
    "SELECT * FROM (" now " EXCEPT SELECT * FROM temp." before ") UNION ALL SELECT * FROM (SELECT * FROM temp." before \
    " EXCEPT " now ")"

struct difference {
    enum record_event_kind kind;
    const char *sql; /* workspace, and user or ''; of RECORD_SILENCE, rev */
};

/* Polls that have lost their right come first. */
static const struct difference differences[] = {
    {RECORD_WORKSPACE_GONE, "SELECT id, '' FROM temp.old_workspace WHERE id NOT IN (SELECT id FROM workspace)"},
    {RECORD_MEMBER_GONE, "SELECT workspace, user FROM temp.old_member EXCEPT SELECT workspace, user FROM member"},
    {RECORD_ROSTER, "SELECT DISTINCT id, '' FROM (" DIFFERENCE(WORKSPACES, "old_workspace") ")"},
    {RECORD_ROSTER, "SELECT DISTINCT workspace, '' FROM (" DIFFERENCE(MEMBERS, "old_member") ")"},
    {RECORD_DMS, "SELECT DISTINCT workspace, user FROM (" DIFFERENCE(SEATS, "old_seat") ") ORDER BY workspace"},
    {RECORD_STATUS, "SELECT workspace, user FROM (" STATUSES " EXCEPT SELECT * FROM temp.old_status)"},
    {RECORD_SILENCE, "SELECT workspace, user, rev FROM temp.old_status AS o WHERE NOT EXISTS "
                     "(SELECT 1 FROM status AS s WHERE s.workspace = o.workspace AND s.user = o.user)"},
};

static const char forget_sql[] = "DROP TABLE IF EXISTS temp.old_workspace; DROP TABLE IF EXISTS temp.old_member;"
                                 "DROP TABLE IF EXISTS temp.old_seat; DROP TABLE IF EXISTS temp.old_status;";

static const char remember_sql[] = "CREATE TEMP TABLE old_workspace AS " WORKSPACES ";"
                                   "CREATE TEMP TABLE old_member AS " MEMBERS ";"
                                   "CREATE TEMP TABLE old_seat AS " SEATS ";"
                                   "CREATE TEMP TABLE old_status AS " STATUSES ";";

enum directory_result copy_changes_remember(struct copy *self)
{
    enum directory_result result = db_execute(copy_db(self), forget_sql);
    return result == DIRECTORY_OK ? db_execute(copy_db(self), remember_sql) : result;
}

/* One kind, while it is read. */
struct noting {
    struct record_events *events;
    enum record_event_kind kind;
};

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    struct noting *noting = ctx;
    const char *workspace = statement_column(stmt, 0);
    const char *user = statement_column(stmt, 1);
    if (!workspace || !user)
        return false;
    if (noting->kind == RECORD_SILENCE)
        record_events_add_silence(noting->events, workspace, user, statement_column_int(stmt, 2));
    else
        record_events_add(noting->events, noting->kind, workspace, user);
    return true;
}

static enum directory_result note(struct db *db, const struct difference *difference, struct record_events *events)
{
    struct noting noting = {events, difference->kind};
    struct row_reader reader = {on_row, &noting, "changes", SIZE_MAX};
    struct sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db->handle, difference->sql, -1, &stmt, NULL);
    enum directory_result result = statement_each(db, stmt, &reader);
    sqlite3_finalize(stmt);
    return result;
}

enum directory_result copy_changes_note(struct copy *self, struct record_events *events)
{
    enum directory_result result = DIRECTORY_OK;
    for (size_t i = 0; i < sizeof differences / sizeof *differences && result == DIRECTORY_OK; i++)
        result = note(copy_db(self), &differences[i], events);
    return result == DIRECTORY_OK ? db_execute(copy_db(self), forget_sql) : result;
}
