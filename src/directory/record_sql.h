/* SPDX-License-Identifier: ISC */
/*
 * All SQL for the record, which is PostgreSQL's: what reads its log and what writes to it. The SQL of reads is
 * SQLite's, and is where the reads are.
 */
#ifndef ROLLCALL_DIRECTORY_RECORD_SQL_H
#define ROLLCALL_DIRECTORY_RECORD_SQL_H

#include "directory/tables.h"

struct buf;

/* The lock that every write takes, also by the triggers of sql/postgresql/. */
#define RECORD_LOCK "SELECT pg_advisory_xact_lock(5495000);"

/* Begins a write: nobody else writes until it ends. One message to the server. */
extern const char record_begin_sql[];

/* Whether there is a record: the name of its table or NULL. Its version. Whether the server keeps its text as UTF-8. */
extern const char record_exists_sql[];
extern const char record_version_sql[];
extern const char record_is_utf8_sql[];

/* For record_check(): whether the user may make tables. On which tables they lack rights; NULL: on none. */
extern const char record_may_create_sql[];
extern const char record_lacks_sql[];

/*
 * The log from row $1 on: id, tag, origin, table, op, row, the id of the record, which workspace and user the row is
 * about, the id of the latest row, and how many ms ago the row was written. Row $1 itself comes first, unless it is not
 * there any more.
 */
extern const char record_log_sql[];

/* The latest row of the log: its id and tag, the id of the record, and the highest id that a token ever had. */
extern const char record_head_sql[];

/* Whether the record holds nothing yet. */
extern const char record_empty_sql[];

/* Makes webhook $1 inactive, if it is active and its URL is $2: then that is a row. */
extern const char record_stop_webhook_sql[];

/*
 * Adds an administrator's token with the hash $1 (hexadecimal), the label $2, created at $3 and expiring at $4 (ms), or
 * removes token $1: the row is its id.
 */
extern const char record_add_token_sql[];
extern const char record_delete_token_sql[];

/* Removes rows of the log that no copy needs: older than an hour, as are all before them. The latest stays. */
extern const char record_prune_sql[];

/* Writes to OUT the statement that inserts or updates the rows of TABLE in $1, a JSON array, or that deletes them. */
void record_sql_put(const struct db_table *table, struct buf *out);
void record_sql_delete(const struct db_table *table, struct buf *out);

/* The statements that begin to read all rows of TABLE as JSON, in a transaction, and that read the next ones. */
void record_sql_open(const struct db_table *table, struct buf *out);
extern const char record_fetch_sql[];
extern const char record_close_sql[];

#endif
