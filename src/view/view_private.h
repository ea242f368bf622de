/* SPDX-License-Identifier: ISC */
/*
 * What a view is made of, only for view*.c. view_entry.c, view_log.c, view_sorted.c and view_cache.c are its parts;
 * view.c keeps them together, and view_page.c reads from it. An entry of a ten-byte id costs less than 120
 * bytes with its share of table and log, and a note as many more as it has itself. Nothing is kept rendered but whole
 * pages: to put an entry's text together takes less than 100 ns.
 */
#ifndef ROLLCALL_VIEW_VIEW_PRIVATE_H
#define ROLLCALL_VIEW_VIEW_PRIVATE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/table.h"
#include "view/view.h"

struct view_entry {
    struct table_node node; /* first: what the table keeps */
    struct list_node shown; /* in the view's list of those in full answers, or in none */
    char *note;             /* owned: what others may read of its note; NULL if nothing */
    void *watchers;         /* belongs to those who watch */
    int64_t seq;            /* 0: a placeholder */
    uint64_t since_ms : 48; /* good until the year 10889 */
    uint64_t key_len : 8;
    uint64_t status : 2;
    uint64_t why : 3;
    uint64_t seen : 2;     /* enum last_seen: of the person's own setting */
    uint32_t slot;         /* in the log, from 1; 0: not in it */
    uint32_t watched : 31; /* how often view_unwatch() is still to come */
    uint32_t plain : 1;    /* the person's own revision is known to be 0 */
    char key[];            /* key_len bytes and a NUL */
};

#define VIEW_SINCE_MAX ((INT64_C(1) << 48) - 1)
#define VIEW_MARK      '\1' /* what the keys of marks begin with */

/* ---- view_entry.c: one entry ---- */

/* A placeholder of this key (LEN bytes), in nothing yet. The caller frees it with view_entry_free(). */
struct view_entry *view_entry_new(const char *key, size_t len);

/* Frees ENTRY, which must not be in anything any more. */
void view_entry_free(struct view_entry *entry);

/* Makes ENTRY a placeholder again, as if it had never changed and were in nothing. */
void view_entry_reset(struct view_entry *entry);

/* Takes over what CHANGE says; lists and log are the caller's to keep. */
void view_entry_set(struct view_entry *entry, const struct change *change);

/* ---- view_log.c: the entries in order of seq, with a hole for each entry that has changed again ---- */

struct view_log {
    struct view_entry **slots; /* owned, the entries not; NULL is a hole */
    size_t count;              /* slots in use, holes included */
    size_t capacity;
};

/* An empty log; frees it, leaving the entries. */
void view_log_init(struct view_log *self);
void view_log_fini(struct view_log *self);

/* Puts ENTRY, whose seq is above all others, at the end. It may be in the log already. */
void view_log_append(struct view_log *self, struct view_entry *entry);

/* Removes ENTRY, if it is in the log. */
void view_log_remove(struct view_log *self, struct view_entry *entry);

/* The first slot whose entry, if any, may have a seq above SEQ. O(log n). */
size_t view_log_after(const struct view_log *self, int64_t seq);

/* ---- view_sorted.c: the entries in full answers, by user id, from when they are first asked for ---- */

struct view_sorted {
    struct view_entry **entries; /* owned, the entries not */
    size_t count;
    size_t capacity;
    bool kept; /* false: nobody has asked yet, so nothing is kept */
};

/* Frees the array, leaving the entries; zeroed memory is an empty one. */
void view_sorted_fini(struct view_sorted *self);

/* Adds ENTRY, which is shown from now on; removes it, which is not any more or is about to be forgotten. */
void view_sorted_add(struct view_sorted *self, struct view_entry *entry);
void view_sorted_remove(struct view_sorted *self, struct view_entry *entry);

/* The index of the first id above AFTER (LEN bytes; NULL: of the first). SHOWN is the list of all, to begin with. */
size_t view_sorted_after(struct view_sorted *self, struct list_node *shown, const char *after, size_t len);

/* ---- view_own.c: the own revisions of readers ---- */

/* An empty table of them; forgets all of them. */
void view_own_init(struct table *self);
void view_own_fini(struct table *self);

/* That of USER (LEN bytes) is not known any more. */
void view_own_forget(struct view *self, const char *user, size_t len);

/* ---- view_counts.c: how many people are what ---- */

struct view_tally {
    size_t active, away, dnd;
    size_t graded; /* who have a setting for last seen */
};

/* ENTRY counts from now on as it is now; or, as it is now, no more. */
void view_tally_add(struct view_tally *self, const struct view_entry *entry);
void view_tally_remove(struct view_tally *self, const struct view_entry *entry);

/* Whether others can tell A from B. */
bool view_tally_differs(const struct view_tally *a, const struct view_tally *b);

/* ---- view_cache.c: rendered pages that many ask for ---- */

enum { VIEW_PAGES = 8 };

enum page_kind { PAGE_EVERYTHING, PAGE_CONTINUE, PAGE_RESYNC, PAGE_NOTHING };

/* What a page without a filter depends on beside the view. */
struct page_key {
    enum page_kind kind;
    int64_t seq;   /* what the reader has read */
    int64_t begun; /* the head when its full answer began; 0 outside of one */
    size_t limit;
    bool counts;
    enum last_seen own; /* the reader's own setting */
};

struct kept_page {
    struct page_key key;
    struct cursor next;
    int64_t now_ms;    /* the time that is in it; 0: none is */
    struct blob *blob; /* owned: one reference; NULL for an unused slot */
};

struct view_cache {
    struct kept_page pages[VIEW_PAGES];
    unsigned turn; /* which of them is replaced next */
};

/* Drops all pages: the view has changed. Zeroed memory is an empty cache. */
void view_cache_drop(struct view_cache *self);

/* The page of KEY at NOW_MS, or NULL. Valid until the cache changes. */
const struct kept_page *view_cache_find(const struct view_cache *self, const struct page_key *key, int64_t now_ms);

/* Keeps PAGE, whose reference to a blob it takes, in place of the one that was kept longest ago. */
const struct kept_page *view_cache_keep(struct view_cache *self, const struct kept_page *page);

/* ---- all of it ---- */

struct view {
    char *workspace; /* owned */
    char epoch[EPOCH_LEN + 1];
    bool ready;
    int64_t head;
    int64_t prune_head; /* what it was at the last pruning */
    int64_t floor;
    int64_t shared_seq; /* the latest change that is news to every reader without a filter */
    int64_t roster_seq; /* the latest roster mark */
    int64_t counts_seq; /* the latest change with which a count may have changed */
    struct view_tally tally;
    size_t members;
    bool members_known; /* as they are now */
    enum last_seen last_seen;
    bool last_seen_known; /* the same */
    struct table entries;
    struct table owns;
    struct view_log log;
    struct list_node shown;
    size_t shown_count;
    struct view_sorted sorted;
    struct view_cache cache;
    struct view_entry **picked; /* owned: scratch of view_page.c */
    size_t picked_capacity;
    struct buf out;        /* scratch of view_page.c */
    struct places *places; /* owned; NULL until somebody asks for one */
    void (*on_change)(void *ctx, const struct view_entry *entry);
    void *ctx;
    void (*before)(void *ctx, struct view *view, const struct view_entry *entry); /* or NULL */
    void *before_ctx;
};

#endif
