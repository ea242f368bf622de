/* SPDX-License-Identifier: ISC */
/* Whether a configuration that reads well can also be worked with here: key files, directories, the database. */
#ifndef ROLLCALL_CHECK_H
#define ROLLCALL_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct conf;

/*
 * Looks, and changes nothing: keys are read, directories must be there and writable; that of the socket only if BINDS. False
 * with a sentence in ERROR (of SIZE bytes) that names file, line and what to do.
 */
bool check_files(const struct conf *conf, bool binds, char *error, size_t size);

/* Opens the database once, which makes or migrates it, removes what belongs to nothing, and closes it again. False with a
 * sentence in ERROR. */
bool check_database(const struct conf *conf, char *error, size_t size);

#endif
