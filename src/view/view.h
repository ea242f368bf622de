/* SPDX-License-Identifier: ISC */
/*
 * A worker's live copy of one workspace's presence: every user's status, in the order of their latest change. Pure:
 * no Redis, no loop, no clock. It is told changes and gaps, and answers "what changed after seq s" by walking only
 * what changed.
 *
 * Beside people it holds two kinds of mark under the same rule, so that one cursor covers all: the roster mark (a
 * member was added, renamed or removed) and, for each participant, a DM mark. In Redis they are pseudo-users "\1" and
 * "\1<user>", which cannot be ids of users (ids have no control characters).
 *
 *     head ----------------------------------------------> tail
 *     entry seq 3      entry seq 7      entry seq 8      entry seq 12     <- everything, in order of latest change
 *                      shown only: 7 --------------------- 12             <- a second list, for full answers
 */
#ifndef ROLLCALL_VIEW_VIEW_H
#define ROLLCALL_VIEW_VIEW_H

#include "directory/policy.h"
#include "view/cursor.h"
#include "view/status.h"

struct blob;
struct buf;
struct places;
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
    const char *note; /* what else is said of a person, as view/note.h describes it; borrowed, NULL if nothing */
    size_t note_len;
};

/*
 * An empty view of no epoch: view_ready() is false until view_begin() and the changes up to the head are in. The caller
 * frees it with view_free().
 */
struct view *view_new(const char *workspace);

/* Frees SELF, which may be NULL, and its entries. */
void view_free(struct view *self);

/* The id of its workspace; valid as long as the view. */
const char *view_workspace(const struct view *self);

/* Its places, made when they are first asked for; NULL before. Valid as long as the view. */
struct places *view_places(struct view *self);
struct places *view_places_now(const struct view *self);

/*
 * Everything from here on is of EPOCH (EPOCH_LEN characters). Content of another epoch is forgotten; entries that are
 * watched stay as offline placeholders. FLOOR is the highest seq that is known to have been pruned.
 */
void view_begin(struct view *self, const char *epoch, int64_t floor);

/* Its epoch, valid until the next view_begin(); "" before the first. */
const char *view_epoch(const struct view *self);

/* The seq of the latest change; the highest seq that was pruned. */
int64_t view_head(const struct view *self);
int64_t view_floor(const struct view *self);

/* Whether the epoch is known and nothing up to the head is missing; this is what view_set_ready() was told last. */
bool view_ready(const struct view *self);
void view_set_ready(struct view *self, bool ready);

/*
 * Takes CHANGE in order: true if it is (or was already) in, false if something before it is missing, so that the
 * caller has to fetch what changed after view_head(). A seq at or below the head is old news: true, nothing done.
 */
bool view_apply(struct view *self, const struct change *change);

/* Takes CHANGE of a fetched page, whose seqs may leap since each user is in it once; must be above the head. */
void view_load(struct view *self, const struct change *change);

/* Sets the head to SEQ, as a fetch says when the latest changes were of users who have changed again or been pruned. */
void view_set_head(struct view *self, int64_t seq);

/* Sets what is called for each change that view_apply() or view_load() takes, after it is in. */
void view_on_change(struct view *self, void (*on_change)(void *ctx, const struct view_entry *entry), void *ctx);

/*
 * Sets what is called right before a change is taken in, with the entry as it was: a placeholder if it never changed.
 * BEFORE may be NULL.
 */
void view_before_change(struct view *self, void (*before)(void *ctx, struct view *view, const struct view_entry *entry),
                        void *ctx);

/*
 * Forgets users who have been offline since before CUTOFF_MS and of whom no note is told, and marks of that age, unless
 * watched. Raises the floor. What has changed since the last call is left for the next: the end of a note is a change
 * of somebody who may have been offline for long, and readers may still have to be told.
 *
 * What was looked up in the directory is wanted again: a roster mark is lost if a worker is killed before it sends it.
 */
void view_prune(struct view *self, int64_t cutoff_ms);

/* ---- entries ---- */

/*
 * The entry of a user or mark; NULL if it never changed in this epoch. Valid until the next call that changes the
 * view.
 */
const struct view_entry *view_find(const struct view *self, const char *key, size_t len);

/*
 * The same for those who watch: made as a placeholder if it is missing, and kept until view_unwatch() was called as
 * often. KEY has 1 to IDS_USER_MAX + 1 bytes.
 */
struct view_entry *view_watch(struct view *self, const char *key, size_t len);
void view_unwatch(struct view *self, struct view_entry *entry);

/* The entry of KEY, placeholders included, or NULL. Nothing is made, and nothing is kept longer because of it. */
struct view_entry *view_existing(const struct view *self, const char *key, size_t len);

/* Its user id, or mark; LEN is set to its length. Valid as long as the entry. */
const char *view_entry_key(const struct view_entry *entry, size_t *len);

/* Whether it is a person, the roster mark, or the DM mark of the user whose id follows the first byte of its key. */
enum view_kind { VIEW_PERSON, VIEW_ROSTER, VIEW_DMS };
enum view_kind view_entry_kind(const struct view_entry *entry);

/* What its latest change says. A placeholder, which never changed, is offline and has seq 0. */
enum status view_entry_status(const struct view_entry *entry);
int64_t view_entry_since_ms(const struct view_entry *entry);
int64_t view_entry_seq(const struct view_entry *entry);
enum why view_entry_why(const struct view_entry *entry);

/*
 * The workspace's policy for last seen: whether it has to be looked up (again), which is the caller's to do; sets it.
 * Until it is set for the first time, nobody is told when others were last seen.
 */
bool view_wants_last_seen(const struct view *self);
void view_set_last_seen(struct view *self, enum last_seen policy);

/*
 * The own setting of USER (LEN bytes), who is told nothing more exactly than others are told of them. Who was never
 * seen has none here.
 */
enum last_seen view_last_seen_of(const struct view *self, const char *user, size_t len);

/* Who reads, for what depends on it. */
struct view_reader {
    enum last_seen own; /* their own setting */
    bool partner;       /* they share a DM with those they read of: the workspace's policy does not count */
    int64_t now_ms;     /* Redis's time; 0: not known */
};

/* The time at which the status of ENTRY became this, as READER is told it; 0: they are not told. */
int64_t view_told_since_ms(const struct view *self, const struct view_entry *entry, const struct view_reader *reader);

/* A pointer of the watchers that is kept with the entry, NULL at first: its address, for setting it, and its value. */
void **view_entry_watchers(struct view_entry *entry);
void *view_entry_watched_by(const struct view_entry *entry);

/* What else is told of it: JSON members with a comma before each; NULL if nothing is. Valid as long as the entry. */
const char *view_entry_note(const struct view_entry *entry);

/* Whether it is in full answers: somebody who is not offline, or of whom a note is told. */
bool view_entry_shown(const struct view_entry *entry);

/* How many entries are in full answers; how many there are in all. */
size_t view_shown(const struct view *self);
size_t view_size(const struct view *self);

/*
 * The users who are in full answers, by id, from the first above AFTER (LEN bytes; NULL: from the first of all). COUNT
 * is set to how many there are. Valid until the view changes.
 */
const struct view_entry *const *view_shown_after(struct view *self, const char *after, size_t len, size_t *count);

/*
 * Calls FN with each entry, marks included, whose latest change is after SEQ, in order of seq, as long as it returns
 * true. It must not change the view.
 */
void view_walk(const struct view *self, int64_t seq, bool (*fn)(void *ctx, const struct view_entry *entry), void *ctx);

/* ---- own revisions ---- */

/*
 * The revision of what USER (LEN bytes) says by hand, which is in their own cursors and nobody else's; 0: nothing.
 * False if it is not known: it is the caller's to look up, and to set.
 */
bool view_own_rev(const struct view *self, const char *user, size_t len, int64_t *rev);
void view_set_own_rev(struct view *self, const char *user, size_t len, int64_t rev);

/*
 * The same for their own setting of who types, which HIDES all of it. It is not known any more once the revision is
 * another one. It can be set while the revision is known.
 */
bool view_own_typing(const struct view *self, const char *user, size_t len, bool *hides);
void view_set_own_typing(struct view *self, const char *user, size_t len, bool hides);

/* All of them may have changed: they are not known any more. */
void view_forget_own(struct view *self);

/* ---- how many ---- */

/* Members in all, and what they are to others. */
struct view_counts {
    size_t members, active, away, offline;
    size_t dnd; /* whatever their status */
};

/* The counts now: those of people by the view itself, that of members as view_set_members() was told last. */
struct view_counts view_counts(const struct view *self);

/* The seq of the latest change with which a count may have changed. */
int64_t view_counts_seq(const struct view *self);

/* Whether the members have to be counted (again), which is the caller's to do; sets how many they are. */
bool view_wants_members(const struct view *self);
void view_set_members(struct view *self, size_t count);

/* Appends the counts to OUT as members of a JSON object. */
void view_append_counts(const struct view *self, struct buf *out);

/* ---- pages for readers ---- */

enum { VIEW_KEPT_MS = 1000 /* for which a page is good that has the time in it */ };

/* What a reader asks for. */
struct view_query {
    const char *caller; /* whose DM mark is meant; NULL for none */
    size_t caller_len;
    struct view_entry *const *only; /* the entries asked for, or NULL for everyone */
    size_t only_count;
    size_t limit;       /* entries a page, at least 1 */
    int64_t now_ms;     /* Redis's time; 0: not known */
    bool counts;        /* the counts are asked for, too: view_wants_members() is false */
    int64_t own_rev;    /* the caller's, for their cursor */
    bool own_news;      /* they are to read again what they say by hand */
    enum last_seen own; /* the caller's own setting, if they were never seen */
};

enum view_start { VIEW_EVERYTHING, VIEW_CONTINUE, VIEW_RESYNC };

/*
 * How an answer to a reader with CURSOR (NULL: none) has to start: with everything (no cursor), where the cursor is,
 * or with everything again because the cursor cannot be continued (another epoch, below the floor, beyond the head).
 */
enum view_start view_start(const struct view *self, const struct cursor *cursor);

/* Whether view_page() would have a change or a refetch for a reader who continues from SEQ. Cheap. */
bool view_has_news(const struct view *self, int64_t seq, const struct view_query *query);

/* Whether it would have counts for them. */
bool view_has_counts(const struct view *self, int64_t seq, const struct view_query *query);

/*
 * The body of a stream's answer as JSON: {"cursor","more","resync","changes":[...],"now"?,"counts"?,"refetch"?}. START
 * as view_start() said, CURSOR as given (may be NULL unless VIEW_CONTINUE). NEXT (may be NULL) is set to the cursor in
 * the body. A page that many ask for is rendered once; the caller gets a reference and gives it back with blob_unref().
 * If there are changes, "now" is QUERY's time, or up to VIEW_KEPT_MS earlier. Counts are told with everything, and if
 * they changed since.
 */
struct blob *view_page(struct view *self, enum view_start start, const struct cursor *cursor,
                       const struct view_query *query, struct cursor *next);

/* The same without changes: the cursor at the head, or at SEQ if it is not negative; with OWN_REV. */
struct blob *view_nothing(struct view *self, int64_t seq, int64_t own_rev);

/* The same with SEQ in EPOCH, which is over: the cursor of a reader who has to read everything again. */
struct blob *view_lost(struct view *self, const char *epoch, int64_t seq, int64_t own_rev);

/* Appends ENTRY, a person, as a JSON object to OUT, as READER is told it. */
void view_append_entry(const struct view *self, struct buf *out, const struct view_entry *entry,
                       const struct view_reader *reader);

/*
 * Appends `"cursor":"...","more":false,"changes":[...],"now":...` to OUT, for a join: the first page of everyone who is
 * in full answers. QUERY names the caller, the limit and the time.
 */
void view_append_everyone(struct view *self, struct buf *out, const struct view_query *query);

#endif
