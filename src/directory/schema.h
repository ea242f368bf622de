/* SPDX-License-Identifier: ISC */
/*
 * Whether a database has our schema, judged by what is in it: a restored dump lacks the version of PRAGMA user_version,
 * and may be incomplete. It is compared with a model, a database in memory that the same steps made.
 */
#ifndef ROLLCALL_DIRECTORY_SCHEMA_H
#define ROLLCALL_DIRECTORY_SCHEMA_H

#include "directory/db.h"

/*
 * Whether the database has all of the schema of *VERSION; BROKEN with what it lacks. *VERSION 0, as of a restored dump:
 * sets it to the version whose schema the database has, leaves it for an empty database, and BROKEN if it holds
 * anything else.
 */
enum directory_result schema_check(struct db *db, int64_t *version);

/* A new database in memory with the schema of VERSION, or the newest below it. The caller closes it. */
struct sqlite3 *schema_model(int64_t version);

/* The newest version of a list that ends with version 0. */
struct migration;
int schema_newest(const struct migration *steps);

#endif
