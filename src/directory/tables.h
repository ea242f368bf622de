/* SPDX-License-Identifier: ISC */
/*
 * The tables that the record and its copies have in common, and SQL that is made of their columns. A column that a
 * migration adds to both is copied without further code. Rows travel as JSON objects, many in an array.
 */
#ifndef ROLLCALL_DIRECTORY_TABLES_H
#define ROLLCALL_DIRECTORY_TABLES_H

#include "directory/db.h"

struct buf;

struct table_column {
    char *name;   /* owned */
    bool is_blob; /* in JSON as PostgreSQL has it: "\x" and hexadecimal digits */
    bool is_key;  /* part of the primary key */
};

struct db_table {
    const char *name;             /* static */
    struct table_column *columns; /* owned */
    size_t column_count;
};

enum { TABLE_COUNT = 11 };

/* All of them. A table comes after those that it refers to. */
struct tables {
    struct db_table list[TABLE_COUNT];
};

/* Reads the columns from the database. Whatever it returns, tables_fini() is to follow. */
enum directory_result tables_read(struct tables *self, struct db *db);
void tables_fini(struct tables *self);

/* The table called NAME, or NULL. */
const struct db_table *tables_find(const struct tables *self, const char *name);

/* Which columns. */
enum table_part { TABLE_ALL, TABLE_KEY, TABLE_REST };

/* How a list of columns is written. In COLUMN and BLOB, each % is the column's name. */
struct table_format {
    const char *column;
    const char *blob; /* of those that are blobs; NULL: as the others */
    const char *separator;
};

/* Writes PART of the columns of TABLE to OUT. False if that has no columns. */
bool table_list(const struct db_table *table, enum table_part part, const struct table_format *format, struct buf *out);

/* Writes the end of an INSERT into TABLE, for both engines: a row whose key exists takes the new values. */
void table_on_conflict(const struct db_table *table, struct buf *out);

#endif
