/* SPDX-License-Identifier: ISC */
/*
 * Opening the database, in three steps with the migrations between them: db_open(), db_use_wal(), db_settle(). A
 * failure leaves its sentence in the error of the db, which db_close() ends in any case.
 */
#ifndef ROLLCALL_DIRECTORY_DB_OPEN_H
#define ROLLCALL_DIRECTORY_DB_OPEN_H

#include "directory/db.h"

/* Opens the file at PATH with our settings. SELF is zeroed before. Changes nothing in the file. */
bool db_open(struct db *self, const char *path);

/* Puts the database into WAL mode, in which readers and the writer do not wait for each other. */
bool db_use_wal(struct db *self);

/* After the first read: from now on calls wait DB_BUSY_MS at most, and the files are watched. */
bool db_settle(struct db *self);

#endif
