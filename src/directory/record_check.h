/* SPDX-License-Identifier: ISC */
/* Whether a database of PostgreSQL can be the record: for those who set it up. It is not changed. */
#ifndef ROLLCALL_DIRECTORY_RECORD_CHECK_H
#define ROLLCALL_DIRECTORY_RECORD_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Connects to URL as a worker does, and looks at the server, the schema and the rights of the user. TEXT, of SIZE
 * bytes, is what it found, without a full stop; if it returns false, what is wrong, and what to do.
 */
bool record_check(const char *url, char *text, size_t size);

#endif
