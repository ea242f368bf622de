/* SPDX-License-Identifier: ISC */
/*
 * A page of rows for administrators, in the format that the request accepts: JSON, {"NAME":[{...},...],"next"?:...}; a
 * table with a line of headings, for a terminal that accepts only text/plain; or NDJSON, an object on each line.
 * Handlers add the same rows to all of them.
 */
#ifndef ROLLCALL_API_SHARED_LISTING_H
#define ROLLCALL_API_SHARED_LISTING_H

#include "api/shared/page.h"
#include "http/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LISTING_COLUMNS = 12,
    LISTING_TIME_MAX = 32, /* bytes of a time as text */
};

enum listing_format { LISTING_JSON, LISTING_TABLE, LISTING_NDJSON };

struct listing {
    struct exchange *exchange; /* borrowed until the reply */
    enum listing_format format;
    struct page page;              /* its body: JSON, or the cells of the table, each NUL-ended */
    size_t column;                 /* of the current row */
    size_t columns;                /* of the first row */
    size_t width[LISTING_COLUMNS]; /* in characters */
    struct buf heads;              /* names of columns, each NUL-ended */
};

/* An empty page of at most LIMIT rows, called NAME. listing_reply() or listing_fini() must follow. */
void listing_init(struct listing *self, struct exchange *exchange, const char *name, size_t limit);

/* The same as NDJSON, whatever the request accepts. */
void listing_init_ndjson(struct listing *self, struct exchange *exchange, size_t limit);

/* An empty object, to be filled with one row. listing_reply_one() or listing_fini() must follow. */
void listing_init_one(struct listing *self, struct exchange *exchange);

/* Frees what it has. */
void listing_fini(struct listing *self);

/* Begins a row. False if the page is full: the row must then be left out. */
bool listing_row(struct listing *self);

/* The row's fields, in the same order in each row. A NULL text, or a time of 0, is left out (JSON) or shown as "-". */
void listing_text(struct listing *self, const char *name, const char *value);
/* Words separated by spaces: an array of texts in JSON, left out if it would be empty. */
void listing_words(struct listing *self, const char *name, const char *words);
void listing_int(struct listing *self, const char *name, int64_t value);
void listing_bool(struct listing *self, const char *name, bool value);
void listing_time(struct listing *self, const char *name, int64_t ms);

/* The rows of ROWS, which is JSON too, as an array of the name that ROWS has. Nothing in a table. */
void listing_rows(struct listing *self, const struct listing *rows);

/* MS as people read it in a table, "2026-01-12T06:31:01Z", into TEXT; "-" for 0. */
void listing_time_text(int64_t ms, char text[LISTING_TIME_MAX]);

/* Ends a row; the next page begins after its KEY, a text or a number. */
void listing_end_row_text(struct listing *self, const char *key);
void listing_end_row_number(struct listing *self, int64_t key);

/* Appends the rows to OUT: as a table if the format is that, and as the member "NAME":[...] if it is JSON. */
void listing_render(const struct listing *self, struct buf *out);

/* Replies 200 with the page; SELF is finished. */
void listing_reply(struct listing *self);

/* Replies STATUS with the one row; SELF is finished. */
void listing_reply_one(struct listing *self, int status);

#endif
