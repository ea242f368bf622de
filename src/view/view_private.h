/* SPDX-License-Identifier: ISC */
/*
 * What a view is made of: for view.c, view_entry.c, view_log.c, view_roll.c and view_page.c alone. An entry of a
 * ten-byte id, rendered, costs less than 200 bytes with its share of table and log.
 */
#ifndef ROLLCALL_VIEW_VIEW_PRIVATE_H
#define ROLLCALL_VIEW_VIEW_PRIVATE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/table.h"
#include "view/view.h"

struct view_entry {
    struct table_node node;  /* first: what the table keeps */
    struct list_node online; /* in the view's list of those not offline, or in none */
    char *json;              /* owned: its change without the frame that all have; NULL until asked for */
    void *watchers;          /* the watchers' index's own */
    int64_t seq;             /* 0: a placeholder */
    uint64_t since_ms : 48;  /* good until the year 10889 */
    uint64_t key_len : 8;
    uint64_t status : 2;
    uint64_t why : 3;
    uint32_t slot;    /* in the log, from 1; 0: not in it */
    uint32_t watched; /* how often view_unwatch() is still to come */
    char key[];       /* key_len bytes and a NUL */
};

#define VIEW_SINCE_MAX ((INT64_C(1) << 48) - 1)
#define VIEW_MARK      '\1' /* what the keys of marks begin with */

/* ---- view_entry.c ---- */

/* A placeholder of this key, in nothing yet. */
struct view_entry *view_entry_new(const char *key, size_t len);

/* Frees ENTRY, which is in nothing any more. */
void view_entry_free(struct view_entry *entry);

/* ENTRY as if it had never changed, and in nothing. */
void view_entry_reset(struct view_entry *entry);

/* Takes over what CHANGE says; where ENTRY stands is the caller's. */
void view_entry_set(struct view_entry *entry, const struct change *change);

/* ---- view_log.c: the entries in order of seq, with holes where one has changed again ---- */

struct view_log {
    struct view_entry **slots; /* owned, the entries not; NULL is a hole */
    size_t count;              /* slots in use, holes included */
    size_t capacity;
};

void view_log_init(struct view_log *self);
void view_log_fini(struct view_log *self);

/* Puts ENTRY, whose seq is above all others', at the end, wherever it was before. */
void view_log_append(struct view_log *self, struct view_entry *entry);
void view_log_remove(struct view_log *self, struct view_entry *entry);

/* The first slot whose entry, if any, may have a seq above SEQ: O(log n). */
size_t view_log_after(const struct view_log *self, int64_t seq);

/* ---- view_roll.c: those not offline by user id, kept from when it is first asked for ---- */

struct view_roll {
    struct view_entry **entries; /* owned, the entries not */
    size_t count;
    size_t capacity;
    bool kept; /* false: nobody has asked yet */
};

void view_roll_fini(struct view_roll *self);

/* ENTRY is not offline any more; or is again, or is about to be forgotten. */
void view_roll_add(struct view_roll *self, struct view_entry *entry);
void view_roll_remove(struct view_roll *self, struct view_entry *entry);

/* ---- view_page.c: pages that many ask for, kept until the view changes ---- */

enum { VIEW_PAGES = 8 };

enum page_kind { PAGE_EVERYTHING, PAGE_CONTINUE, PAGE_RESYNC, PAGE_NOTHING };

/* What a page of no filter depends on beside the view. */
struct page_key {
    enum page_kind kind;
    int64_t seq;   /* what the reader has read */
    int64_t begun; /* the head when its full answer began; 0 outside of one */
    size_t limit;
};

struct page {
    struct page_key key;
    struct cursor next;
    struct blob *blob; /* owned: one reference; NULL for an unused place */
};

void view_pages_drop(struct view *self);

struct view {
    char *workspace; /* owned */
    char epoch[EPOCH_LEN + 1];
    bool ready;
    int64_t head;
    int64_t floor;
    int64_t shared_seq; /* the latest change that every reader without a filter has to hear of */
    int64_t roster_seq; /* the latest roster mark */
    struct table entries;
    struct view_log log;
    struct list_node online;
    size_t online_count;
    struct view_roll roll;
    struct page pages[VIEW_PAGES];
    unsigned page_turn;         /* which of them is replaced next */
    struct view_entry **picked; /* owned: scratch of view_page.c */
    size_t picked_capacity;
    struct buf out; /* scratch of view_page.c */
    void (*on_change)(void *ctx, const struct view_entry *entry);
    void *ctx;
};

#endif
