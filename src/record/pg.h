/* SPDX-License-Identifier: ISC */
/*
 * A connection to PostgreSQL: the only code that knows libpq. Its calls wait, so they are for threads and programs that
 * may, never for a worker's loop. Each has a deadline. Knows no tables.
 */
#ifndef ROLLCALL_RECORD_PG_H
#define ROLLCALL_RECORD_PG_H

#include <stdbool.h>
#include <stddef.h>

struct pg;

enum pg_outcome {
    PG_OK,
    PG_BUSY,    /* another transaction held a lock for too long, or two stood in each other's way */
    PG_REFUSED, /* the server refuses this statement; the connection is well */
    PG_AWAY,    /* not connected, or not any more */
};

enum { PG_STATEMENT_MS = 5000 }; /* how long a statement may take, unless its caller allows more */

/*
 * Whether this program was built with libpq, URL is one that libpq can read, and the files that it names can be read. A
 * sentence is in ERROR otherwise. It repeats no part of URL, which may hold a password.
 */
bool pg_url_ok(const char *url, char *error, size_t size);

/* A connection to URL, which is copied; it is not connected yet. Freed with pg_free(), which takes NULL. */
struct pg *pg_new(const char *url);
void pg_free(struct pg *self);

/*
 * From now on what SELF does ends at once when FD, which is borrowed, becomes readable. Only the look-up of a name does
 * not.
 */
void pg_stop_at(struct pg *self, int fd);

/*
 * Connects, to the first host of the URL that is as it says; unless it says otherwise, that can be written to. A host
 * that does not answer takes 3 s, unless the URL says otherwise. False, with pg_error(), if no host is like that.
 */
bool pg_open(struct pg *self);

/* Closes the connection, if there is one. */
void pg_close(struct pg *self);

/* Whether it is connected, as far as is known. */
bool pg_is_open(const struct pg *self);

/* Its socket, to be watched for reading; -1 if it is not connected. */
int pg_fd(const struct pg *self);

/* Reads what has come. Returns whether a notification was among it; a lost connection is closed. */
bool pg_take_news(struct pg *self);

/* What went wrong last, a sentence without its full stop; valid until the next call. */
const char *pg_error(const struct pg *self);

/* The version of the server, as 150004. */
int pg_server_version(const struct pg *self);

/* The rows of a statement. */
struct pg_rows;

/* A statement: its text, its parameters ($1, ...; NULL is NULL), and how long it may take. */
struct pg_statement {
    const char *sql; /* without parameters, it may be several statements, which then are one message */
    const char *const *params;
    size_t count;
    int ms; /* 0: PG_STATEMENT_MS */
};

/* Runs STATEMENT. If it is OK and ROWS is not NULL, sets ROWS to the rows of the last one: free with pg_rows_free(). */
enum pg_outcome pg_run(struct pg *self, const struct pg_statement *statement, struct pg_rows **rows);

/* The same without parameters and rows. */
enum pg_outcome pg_do(struct pg *self, const char *sql);

/* How many rows there are; the text in ROW and COLUMN, NULL for NULL. Valid until pg_rows_free(), which takes NULL. */
size_t pg_rows_count(const struct pg_rows *rows);
const char *pg_rows_text(const struct pg_rows *rows, size_t row, int column);
void pg_rows_free(struct pg_rows *rows);

#endif
