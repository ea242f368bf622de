/* SPDX-License-Identifier: ISC */
/*
 * The places of one workspace whose sets a worker holds, since its readers ask for them, and who takes part in those
 * that are conversations. What is not known here, or may be over by now, is not known to be empty either. Pure: it is
 * told sets and times.
 */
#ifndef ROLLCALL_VIEW_PLACES_H
#define ROLLCALL_VIEW_PLACES_H

#include "base/alarms.h"
#include "base/list.h"
#include "base/table.h"
#include "view/place_set.h"
#include "view/told.h"

struct blob;

enum { PLACES_IDLE_MS = 60000 /* a place that nobody has asked for in this time is let go */ };

struct place {
    struct table_node node;   /* first: among those of its view, by name */
    struct alarm end;         /* when the first thing in its set ends, by Redis's time; set if the set is not empty */
    struct list_node readers; /* the readings that ask for it by its name, see view/reading.h */
    struct place_set *set;    /* owned; NULL: not known */
    int64_t dm;               /* the conversation; 0: it is not one */
    char **people;            /* owned, as is each: who takes part, if it is a conversation */
    size_t people_count;
    int64_t asked_ms; /* monotonic: when somebody last asked for it */
    uint64_t mark;    /* of its name */
    bool reading;     /* its set is being read, */
    bool again;       /* and something came that this read may lack */
    bool stale;       /* something came and nobody read it */
    uint8_t name_len;
    char name[]; /* NUL-ended */
};

struct places;

/* No places. Freed with places_free(), which takes NULL; no reading may be left then. */
struct places *places_new(void);
void places_free(struct places *self);

/* The place NAME (LEN bytes): NULL if it is not held; made if it is not, and asked for at NOW_MS. */
struct place *places_find(const struct places *self, const char *name, size_t len);
struct place *places_hold(struct places *self, const char *name, size_t len, int64_t now_ms);

/* How many are held. */
size_t places_count(const struct places *self);

/* Takes SET as what is known of PLACE. True if it was not known, or anybody can tell it from what was. */
bool places_take(struct places *self, struct place *place, struct place_set *set);

/* What is done at the place NAME (LEN bytes) ends at ENDS_MS now. Known only if the set is, and has a single thing. */
void places_prolong(struct places *self, const char *name, size_t len, int64_t ends_ms);

/* PEOPLE (COUNT ids, copied) take part in the conversation PLACE. */
void places_set_people(struct places *self, struct place *place, const char *const *people, size_t count);

/* The conversations in which USER (LEN bytes) takes part and that are held, by id. Valid until one changes. */
struct place *const *places_dms_of(const struct places *self, const char *user, size_t len, size_t *count);

/* Whether all conversations where somebody may be are held. At first they are not. */
void places_set_dms_known(struct places *self, bool known);
bool places_know_dms(const struct places *self);

/* Whether USER (LEN bytes) may know who is at PLACE. */
bool place_is_open_to(const struct place *place, const char *user, size_t len);

/* Whether the set of PLACE is known at NOW_MS of Redis's time: nothing in it may have ended since it was read. */
bool place_is_known(const struct place *place, int64_t now_ms);

/* The next place where something ended by NOW_MS, Redis's time, each place once. NULL after the last one. */
struct place *places_due(struct places *self, int64_t now_ms);

/* Calls FN for each place. FN must not hold or let go of any. */
void places_each(struct places *self, void (*fn)(void *ctx, struct place *place), void *ctx);

/*
 * Lets go of places that nobody reads, and for which nobody has asked in the last PLACES_IDLE_MS before NOW_MS; a
 * tenth of that, if they are more than LIMIT_PLACES_HELD. True if somebody may be at one of them.
 */
bool places_prune(struct places *self, int64_t now_ms);

/* ---- the latest answer with places: many readers get the same ---- */

struct kept_answer {
    struct blob *body; /* owned reference: the answer without places; NULL: none is kept */
    struct told_list before, after;
    struct blob *whole; /* owned reference */
};

/* The slot for it. */
struct kept_answer *places_kept(struct places *self);

/* An answer was made, rather than taken from there. Returns how many since the last call of the second one. */
void places_note_rendered(struct places *self);
unsigned long places_take_rendered(struct places *self);

#endif
