/* SPDX-License-Identifier: ISC */
/*
 * A worker's live copy of one workspace's presence: who is what, in the order of their latest change. Pure: no Redis,
 * no loop, no clock. It is told changes and gaps, and answers "what changed after seq s" by walking only what changed.
 *
 * Beside people it holds two kinds of mark under the same rule, so that one cursor covers all: the roster mark (a
 * member was added, renamed, removed) and, for each participant, a DM mark. In Redis they stand as pseudo-users "\1"
 * and "\1<user>", which no user's id can be (ids have no control characters).
 *
 *     head ----------------------------------------------> tail
 *     entry seq 3      entry seq 7      entry seq 8      entry seq 12     <- everything, in order of latest change
 *                      online only: 7 -------------------- 12             <- a second list, for full answers
 */
#ifndef ROLLCALL_VIEW_VIEW_H
#define ROLLCALL_VIEW_VIEW_H

#include "view/status.h"

struct blob;
struct parked_set;
struct view;
struct view_entry;

/* One change as Redis tells it. */
struct change {
    const char *key; /* user id, or a mark: "\1", "\1<user>"; borrowed */
    size_t key_len;
    int64_t seq;
    int64_t since_ms; /* Redis time at which the status became this */
    enum status status;
    enum why why;
};

/* An empty view of no epoch: view_ready() is false until view_begin() and the changes up to the head are in. */
struct view *view_new(const char *workspace);
void view_free(struct view *self);

const char *view_workspace(const struct view *self);

/*
 * Everything from here on is of EPOCH (EPOCH_LEN characters); content of another epoch is forgotten, entries that are
 * watched staying as offline placeholders. FLOOR: the highest seq that is known to have been pruned.
 */
void view_begin(struct view *self, const char *epoch, int64_t floor);

const char *view_epoch(const struct view *self); /* "" before the first view_begin() */
int64_t view_head(const struct view *self);
int64_t view_floor(const struct view *self);

/* True while the epoch is known and nothing up to the head is missing, as view_set_ready() said last. */
bool view_ready(const struct view *self);
void view_set_ready(struct view *self, bool ready);

/*
 * Takes CHANGE in order: true when it is (or was already) in, false when something between is missing and the caller
 * has to fetch what changed after view_head(). A seq at or below the head is old news: true, nothing done.
 */
bool view_apply(struct view *self, const struct change *change);

/* Takes CHANGE of a fetched page, whose seqs may leap since each user stands once; must be above the head. */
void view_load(struct view *self, const struct change *change);

/* The head is SEQ: what a fetch said, when the latest changes were of users who have changed again or been pruned. */
void view_set_head(struct view *self, int64_t seq);

/* Called for each change taken by view_apply() or view_load(), after it is in. */
void view_on_change(struct view *self, void (*on_change)(void *ctx, const struct view_entry *entry), void *ctx);

/* Forgets who has been offline since before CUTOFF_MS (and marks as old) and is not watched; raises the floor. */
void view_prune(struct view *self, int64_t cutoff_ms);

/* ---- reading ---- */

/* The entry of a user or mark, or NULL where it never changed in this epoch. Valid until the next call that changes. */
const struct view_entry *view_find(const struct view *self, const char *key, size_t len);

/*
 * The same, made as a placeholder where missing, and kept until released as often: for those who watch. KEY has 1 to
 * IDS_USER_MAX + 1 bytes.
 */
struct view_entry *view_watch(struct view *self, const char *key, size_t len);
void view_unwatch(struct view *self, struct view_entry *entry);

/* The entry of KEY, placeholders included, or NULL: nothing is made, and nothing is kept longer for it. */
struct view_entry *view_existing(const struct view *self, const char *key, size_t len);

const char *view_entry_key(const struct view_entry *entry, size_t *len);

/* Whether it is a person, the roster mark, or the DM mark of the user whose id follows the first byte of its key. */
enum view_kind { VIEW_PERSON, VIEW_ROSTER, VIEW_DMS };
enum view_kind view_entry_kind(const struct view_entry *entry);

enum status view_entry_status(const struct view_entry *entry);
int64_t view_entry_since_ms(const struct view_entry *entry);
int64_t view_entry_seq(const struct view_entry *entry); /* 0: a placeholder, never changed */
enum why view_entry_why(const struct view_entry *entry);

/* A slot that the watchers' index hangs its list on; NULL at first. The view keeps it with the entry. */
void **view_entry_watchers(struct view_entry *entry);
void *view_entry_watched_by(const struct view_entry *entry); /* what hangs there */

/* How many are not offline, and how many entries there are in all. */
size_t view_online(const struct view *self);
size_t view_size(const struct view *self);

/* What a reader asks for. */
struct view_query {
    const char *caller; /* whose DM mark is meant; NULL for none */
    size_t caller_len;
    struct view_entry *const *only; /* the entries asked for, or NULL for everyone */
    size_t only_count;
    size_t limit; /* entries a page, at least 1 */
};

enum view_start { VIEW_EVERYTHING, VIEW_CONTINUE, VIEW_RESYNC };

/*
 * How an answer to a reader with CURSOR (NULL: none) has to start: from everything (no cursor), from where it was, or
 * from everything again because it cannot be continued (another epoch, below the floor, beyond the head).
 */
enum view_start view_start(const struct view *self, const struct cursor *cursor);

/* True when view_page() would hold a change or a refetch for a reader who continues from SEQ. Cheap. */
bool view_has_news(const struct view *self, int64_t seq, const struct view_query *query);

/*
 * The body of a stream's answer as JSON: {"cursor","more","resync","changes":[...],"refetch"?}. START as view_start()
 * said, CURSOR as given (may be NULL unless VIEW_CONTINUE). The page that many ask for is rendered once: the caller
 * gets a reference of its own. NEXT (may be NULL) gets the cursor that the body carries.
 */
struct blob *view_page(struct view *self, enum view_start start, const struct cursor *cursor,
                       const struct view_query *query, struct cursor *next);

/* The same, of nothing: the cursor at the head (or at SEQ, where it is not negative), no changes. */
struct blob *view_nothing(struct view *self, int64_t seq);

/*
 * "changes":[...] and "more" for a join, appended to OUT as `"cursor":"...","more":false,"changes":[...]`: the first
 * page of everyone not offline.
 */
struct buf;
void view_append_everyone(struct view *self, struct buf *out, size_t limit);

/*
 * A page of everyone not offline by user id, after AFTER (may be NULL), for the status resource: calls FN for each, at
 * most LIMIT times; true when there are more.
 */
bool view_each_online(struct view *self, const char *after, size_t after_len, size_t limit,
                      void (*fn)(void *ctx, const struct view_entry *entry), void *ctx);

#endif
