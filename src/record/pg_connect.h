/* SPDX-License-Identifier: ISC */
/*
 * Connects to the first host of a URL that is as it says, as libpq does: one address after the other, each with a time
 * limit. Unlike libpq's own, the wait can be ended. For pg.c alone.
 */
#ifndef ROLLCALL_RECORD_PG_CONNECT_H
#define ROLLCALL_RECORD_PG_CONNECT_H

#include <libpq-fe.h>
#include <stddef.h>

/*
 * A connection to URL; NULL with a sentence in ERROR (of SIZE bytes) that says what each address answered. Ends at once
 * when STOP_FD (-1: nothing) becomes readable; only while a name is looked up it does not.
 */
PGconn *pg_connect(const char *url, int stop_fd, char *error, size_t size);

#endif
