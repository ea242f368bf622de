/* SPDX-License-Identifier: ISC */
/*
 * What libpq is given to connect to one host. It does not get a URL of several: of those it keeps lists for which one
 * host is too few, since an empty value does not take the place of one in the URL. For pg_connect.c and pg_url.c alone.
 */
#ifndef ROLLCALL_RECORD_PG_OPTIONS_H
#define ROLLCALL_RECORD_PG_OPTIONS_H

#include <libpq-fe.h>
#include <stddef.h>

enum { PG_OPTIONS_MAX = 120 }; /* libpq knows about 50 */

struct pg_options {
    const char *names[PG_OPTIONS_MAX + 1]; /* borrowed, as the values are; NULL behind the last */
    const char *values[PG_OPTIONS_MAX + 1];
    size_t count;
};

/* The option NAME becomes VALUE. NULL or "" leaves what was added before, or else libpq's default. */
void pg_options_add(struct pg_options *self, const char *name, const char *value);

/* Adds what a URL says, as PQconninfoParse() read it, but not where PostgreSQL is: host, hostaddr and port. */
void pg_options_add_url(struct pg_options *self, const PQconninfoOption *url);

/* Begins to connect, as PQconnectStartParams(). */
PGconn *pg_options_start(const struct pg_options *self);

#endif
