/* SPDX-License-Identifier: ISC */
/*
 * Whether a valid configuration also works on this machine: its key files, directories and database. rollcalld checks
 * this before it starts a worker. So the reason appears on the terminal where rollcalld was started, and a reload with
 * a mistake leaves the running workers alone.
 */
#ifndef ROLLCALL_SETUP_CHECK_H
#define ROLLCALL_SETUP_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct conf;

/*
 * Checks that key files can be read, and that directories exist and can be written; the socket's directory only if
 * BINDS. Changes nothing. False with a sentence in ERROR (of SIZE bytes) that names file and line, and says what to do.
 */
bool check_files(const struct conf *conf, bool binds, char *error, size_t size);

/*
 * Opens the database, which creates or migrates it, removes rows that belong to nothing, and closes it. False with a
 * sentence in ERROR (of SIZE bytes).
 */
bool check_database(const struct conf *conf, char *error, size_t size);

#endif
