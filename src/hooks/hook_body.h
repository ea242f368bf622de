/* SPDX-License-Identifier: ISC */
/*
 * What a delivery says: first which changes (pick), then the JSON. Its changes are those that a stream would tell a
 * member who is nobody in particular, with the same cursors, in the same order. Pure.
 */
#ifndef ROLLCALL_HOOKS_HOOK_BODY_H
#define ROLLCALL_HOOKS_HOOK_BODY_H

#include "view/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct hook_known;

enum { HOOK_CHANGES_MAX = 500 /* in one delivery */ };

/* Who is to be told, and what they know. All borrowed. */
struct hook_reader_spec {
    const struct cursor *cursor; /* NULL: they know nothing */
    const struct hook_known *known;
    unsigned events; /* enum webhook_event */
    int64_t delay_ms;
    int64_t now_ms; /* monotonic */
};

/* What they are to be told. The entries are valid until the view changes. */
struct hook_page {
    struct cursor next; /* what they know then */
    bool resync;        /* what they knew before counts no more */
    bool more;          /* another page is there already */
    bool members, dms;  /* they are to read these again */
    int64_t due_ms;     /* when changes that wait are to be looked at; 0: none waits */
    size_t count;
    const struct view_entry *entries[HOOK_CHANGES_MAX];
};

/* Fills OUT with what the reader SPEC is to be told now of VIEW, which is whole. */
void hook_page_pick(const struct view *view, const struct hook_reader_spec *spec, struct hook_page *out);

/* Whether there is anything in it. */
bool hook_page_says(const struct hook_page *self);

/* Notes in KNOWN that the reader is being told it. */
void hook_page_sending(const struct hook_page *self, struct hook_known *known);

/* What a page needs beside the view. */
struct hook_told {
    const char *since;      /* the cursor that the receiver was told last; "" for none */
    int64_t redis_ms;       /* Redis's time; 0: not known */
    const struct buf *more; /* further changes, as JSON with commas between them; may be empty */
};

/*
 * Appends the object "data" to OUT, without its end, so that "now" can be added: the rest makes two deliveries the same
 * or not.
 */
void hook_page_append(const struct hook_page *self, const struct view *view, const struct hook_told *told,
                      struct buf *out);

#endif
