/* SPDX-License-Identifier: ISC */
/*
 * A page of rows, for programs as JSON, {"NAME":[{...},...],"next"?:...}, or, where the request accepts text/plain
 * alone, for a terminal: a table with a line of headings. Which of the two is decided here; handlers say the same to
 * both.
 */
#ifndef ROLLCALL_API_LISTING_H
#define ROLLCALL_API_LISTING_H

#include "base/buf.h"
#include "http/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LISTING_COLUMNS = 12 };

struct listing {
    struct exchange *exchange; /* borrowed until the reply */
    bool plain;
    bool more; /* there was a row beyond the limit */
    size_t limit;
    size_t rows;
    size_t column;                 /* of the current row */
    size_t columns;                /* of the first row */
    struct buf body;               /* JSON, or cells, each NUL-ended */
    size_t width[LISTING_COLUMNS]; /* in characters */
    struct buf heads;              /* names of columns, each NUL-ended */
    struct buf next;               /* as JSON: what continues the page */
};

/* An empty page of at most LIMIT rows, called NAME. listing_reply() or listing_fini() must follow. */
void listing_init(struct listing *self, struct exchange *exchange, const char *name, size_t limit);
void listing_fini(struct listing *self);

/* Begins a row: false where the page is full; the row is then not to be given. */
bool listing_row(struct listing *self);

/* The row's fields, in the same order in each. A NULL text, or a time of 0, is left out (JSON) or shown as "-". */
void listing_text(struct listing *self, const char *name, const char *value);
void listing_int(struct listing *self, const char *name, int64_t value);
void listing_bool(struct listing *self, const char *name, bool value);
void listing_time(struct listing *self, const char *name, int64_t ms);

/* Ends a row; the page can be continued after the row's field KEY (a text) or NUMBER (where KEY is NULL). */
void listing_end_row(struct listing *self, const char *key, int64_t number);

/* Adds the rows so far to OUT as a table, where the listing is plain. */
void listing_table(const struct listing *self, struct buf *out);

/* Replies 200 with the page; SELF is finished. */
void listing_reply(struct listing *self);

/*
 * A row of its own, as one object: what listing_row() to listing_end_row() gave. STATUS is the reply's; SELF is
 * finished.
 */
void listing_reply_one(struct listing *self, int status);

#endif
