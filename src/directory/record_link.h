/* SPDX-License-Identifier: ISC */
/*
 * The connection to the record: found with the schema that this binary writes, or given it. After a failure, the next
 * attempt waits a second, so that what comes meanwhile is refused at once.
 */
#ifndef ROLLCALL_DIRECTORY_RECORD_LINK_H
#define ROLLCALL_DIRECTORY_RECORD_LINK_H

#include "directory/result.h"
#include "record/pg.h"

#include <stdint.h>

struct record_link {
    struct pg *pg;     /* owned */
    char origin[20];   /* how the log names this copy */
    bool listens;      /* news are asked for, now and after each connection */
    int64_t failed_ms; /* monotonic: when the last attempt to connect failed; 0: it did not */
    bool only_looks;   /* the schema is not changed: for record_check() */
    bool is_empty;     /* with that: there is no record yet */
    bool is_older;     /* with that: the schema is not the one of this binary yet */
    char error[768];   /* a sentence */
};

/* Fills SELF for the copy at PATH. */
void record_link_init(struct record_link *self, const char *url, const char *path);
void record_link_fini(struct record_link *self);

/* Connects unless it is connected. */
enum directory_result record_link_open(struct record_link *self);

/* What RESULT of the connection means; writes the sentence. */
enum directory_result record_link_judge(struct record_link *self, enum pg_outcome result);

/* Runs SQL without parameters and rows. */
enum directory_result record_link_do(struct record_link *self, const char *sql);

/* Reads the only text that SQL answers into OUT, of SIZE bytes: "" for NULL, cut if it is longer. */
enum directory_result record_link_read(struct record_link *self, const char *sql, char *out, size_t size);

/* Asks for news. */
enum directory_result record_link_listen(struct record_link *self);

#endif
