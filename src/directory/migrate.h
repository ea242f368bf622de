/* SPDX-License-Identifier: ISC */
/*
 * Brings a database to this binary's schema. Its version is PRAGMA user_version, which a transaction covers: if several
 * processes start at once, the first does the work under BEGIN IMMEDIATE and the others find it done.
 */
#ifndef ROLLCALL_DIRECTORY_MIGRATE_H
#define ROLLCALL_DIRECTORY_MIGRATE_H

#include "directory/db.h"
#include "directory/sql.h"

/* Whether STEPS lead on from the schema that the database has; BROKEN if it is newer, or not ours. Changes nothing. */
enum directory_result migrate_check(struct db *db, const struct migration *steps);

/* Applies those of STEPS that the database lacks, all or none. */
enum directory_result migrate_run(struct db *db, const struct migration *steps);

#endif
