/* SPDX-License-Identifier: ISC */
/*
 * A page of rows: how many it may have, whether more rows follow, and after which row the next page begins. The one
 * definition of this for everything that is paged. As JSON a page is {...,"NAME":[{...},...],"next"?:...}. Does not
 * know what a row is, and replies nothing.
 */
#ifndef ROLLCALL_API_SHARED_PAGE_H
#define ROLLCALL_API_SHARED_PAGE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page {
    struct buf body; /* the caller appends each row's text */
    size_t limit;    /* of rows, at least 1; SIZE_MAX: no limit */
    size_t rows;
    bool more; /* there was a row beyond the limit */
    /* The key of the last row: a text, or a number if the text is empty. */
    struct buf last;
    int64_t last_number;
};

/* An empty page of at most LIMIT rows. page_fini() must follow. */
void page_init(struct page *self, size_t limit);
void page_fini(struct page *self);

/* Counts a row. False if the page is full: the row is left out then, and more is set. */
bool page_take(struct page *self);

/* The row that was added last has the key KEY (LEN bytes, copied), or NUMBER: the next page begins after it. */
void page_mark_text(struct page *self, const char *key, size_t len);
void page_mark_number(struct page *self, int64_t number);

/* ---- as JSON: the caller has put "{" and members into the body, if the page has any ---- */

/* Begins the array of rows, called NAME. If NAME begins with a comma, it is written before the member. */
void page_open(struct page *self, const char *name);

/* page_take(), and begins the row's object: the caller appends its members. */
bool page_row(struct page *self);

/* Ends the row's object, and page_mark_text() or page_mark_number(). */
void page_end_row_text(struct page *self, const char *key, size_t len);
void page_end_row_number(struct page *self, int64_t number);

/* Ends the array, adds "next" if there are more rows, and ends the whole object with a line feed. */
void page_close(struct page *self);

#endif
