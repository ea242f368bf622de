/* SPDX-License-Identifier: ISC */
/*
 * The places that the readers of a view ask for: their channel, which says that a set is another one, the reads of
 * sets, and who waits for them. A set is read again too when the first thing in it that this worker knows should have
 * ended, since renewals are not told. Only for place_waits.c, place_reads.c and place_sync.c, where each calls only
 * those before it.
 */
#ifndef ROLLCALL_PRESENCE_PLACE_SYNC_H
#define ROLLCALL_PRESENCE_PLACE_SYNC_H

#include "base/limits.h"
#include "presence/presence_private.h"
#include "view/places.h"

struct place_wants;
struct place_waiter;

struct place_sync {
    struct presence *presence;    /* borrowed: the owner of all of them */
    struct view *view;            /* borrowed: place_sync_forget() comes before its end */
    struct places *places;        /* borrowed: the view's */
    struct place_waiter *waiters; /* owned list */
    bool listening;               /* to the channel */
    bool indexing;                /* the names of active conversations are being read */
    bool indexed;                 /* they are known: further ones are told */
    size_t index_from;
    int64_t dms_asked_ms; /* monotonic: when somebody last asked for their conversations; 0: never */
    int64_t used_ms;      /* monotonic: when somebody last asked for places, or said where they are */
    int64_t prune_ms;     /* monotonic: when places that nobody wants are next let go */
    UT_hash_handle hh;    /* by workspace */
};

/* ---- place_waits.c ---- */

/* The sync of WORKSPACE, or NULL: nobody asks for places there, nor says where they are. */
struct place_sync *place_sync_find(struct presence *presence, const char *workspace);

/* Calls FN for each place that WANTS asks for: NULL for one that is not held. */
void place_waits_each(const struct place_sync *self, const struct place_wants *wants,
                      void (*fn)(void *ctx, struct place *place), void *ctx);

/*
 * Whether all that WANTS asks for is known, and none of it is being read again: another worker may have told the reader
 * of that already. Those who wait are content with what is known, so that sets that change all the time keep nobody
 * waiting.
 */
bool place_waits_ready(const struct place_sync *self, const struct place_wants *wants);

/* FN is called with CTX when that is so, or cannot be known now. WANTS is borrowed until then. */
void place_waits_add(struct place_sync *self, const struct place_wants *wants, void (*fn)(void *ctx, struct view *view),
                     void *ctx);

/* Calls those who wait and have all that they want; or ALL. */
void place_waits_tell(struct place_sync *self, bool all);

/* Tells all who wait that the view goes. */
void place_waits_end(struct place_sync *self);

/* Calls FN for each place that somebody waits for. */
void place_waits_wanted(struct place_sync *self, void (*fn)(void *ctx, struct place *place), void *ctx);

/* ---- place_reads.c ---- */

/* What a call is about, until Redis answers: the view may be gone by then. */
struct place_read {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    char workspace[IDS_WORKSPACE_MAX + 1];
    char place[LIMIT_PLACE_BYTES + 1];
};

/* Such a thing; PLACE may be "". The caller frees it. */
struct place_read *place_read_new(const struct place_sync *self, const char *place);

/* The place NAME, asked for at NOW_MS. If it is a conversation, it is known who takes part. */
struct place *place_reads_hold(struct place_sync *self, const char *name, int64_t now_ms);

/* Reads again who takes part in PLACE, and tells its readers; and its set, if somebody wants it and it is not known. */
void place_reads_people(struct place_sync *self, struct place *place);

/* Reads the set of PLACE, once more if it is being read. */
void place_reads_set(struct place_sync *self, struct place *place);

/* The same for a place that is not held or known yet. SELF is the sync, PLACE may be NULL. */
void place_reads_unknown(void *self, struct place *place);

/* Something may have changed at PLACE. If nobody is here to be told, it is read when somebody asks. SELF as above. */
void place_reads_doubt(void *self, struct place *place);

/* Reads the names of the conversations where somebody may be. */
void place_reads_index(struct place_sync *self);

#endif
