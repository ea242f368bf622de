/* SPDX-License-Identifier: ISC */
/* The files of sql/, embedded by the build (build-aux/embed.sh): what makes a database, version by version. */
#ifndef ROLLCALL_DIRECTORY_SQL_H
#define ROLLCALL_DIRECTORY_SQL_H

struct migration {
    int version;      /* PRAGMA user_version once it was applied; 1, 2, 3, ... */
    const char *name; /* of the file, without .sql */
    const char *sql;
};

/* In order; the last has version 0 and no SQL. */
extern const struct migration migrations[];

/* The same for the record, PostgreSQL. The numbers are those of migrations[]; the first is 8. */
extern const struct migration record_migrations[];

#endif
