/* SPDX-License-Identifier: ISC */
/*
 * What one reader asks of places, and what they know of them: for a poll that asks for any. Whatever such a reader is
 * answered, their cursor goes on saying what they know, and sets that are news to them come along. Pure.
 */
#ifndef ROLLCALL_VIEW_READING_H
#define ROLLCALL_VIEW_READING_H

#include "view/places.h"

struct blob;
struct buf;
struct reading;

enum { READING_FRAME_BYTES = 2 * TOLD_TEXT_MAX + 64 /* of an event, beside the page and the sets in it */ };

#define READING_DMS "dm:*" /* for all conversations of the reader */

/* What a reader asks for; all borrowed. */
struct place_wants {
    const char *user;
    const char *const *names; /* of places, each at most once; or READING_DMS */
    size_t count;             /* LIMIT_WATCHED_PLACES at most */
    const char *told;         /* from their cursor; NULL: nothing */
    size_t told_len;
    enum place_eyes eyes;
};

/* Starts to read PLACES, at NOW_MS (monotonic). Freed with reading_free(), before PLACES is. The user is borrowed. */
struct reading *reading_new(struct places *places, const struct place_wants *wants, int64_t now_ms);

/* Frees SELF, which may be NULL. */
void reading_free(struct reading *self);

/* Whether it asks for the reader's conversations. */
bool reading_has_dms(const struct reading *self);

/* The poll that it belongs to, for reading_each_of(); and its user, borrowed, instead of the one in WANTS. */
void reading_set_owner(struct reading *self, void *owner, const char *user);

/* Calls FN with the owner of each reading that asks for PLACE by its name and has one. */
void reading_each_of(const struct place *place, void (*fn)(void *ctx, void *owner), void *ctx);

/* Whether it asks for PLACE, by its name or as one of the reader's conversations. */
bool reading_asks_for(const struct reading *self, const struct place *place);

/*
 * Whether a set that is known at NOW_MS of Redis's time is another one than the reader knows. What is not known now is
 * no news.
 */
bool reading_has_news(const struct reading *self, int64_t now_ms);

/*
 * BODY, a page of the view, a reference that is taken over, with what the reader is told of places: sets that are news,
 * as many as fit into LIMIT_EVENT_BYTES, and the cursor, which says from now on that they are known. Many readers
 * get the same blob. The result is a reference.
 */
struct blob *reading_answer(struct reading *self, struct blob *body, int64_t now_ms);

/* What a cursor says of what the reader knows, "_t..." or "": appended to OUT. */
void reading_append_told(const struct reading *self, struct buf *out);

/* The same of somebody who knows SET of the place NAME, and no more. */
void reading_append_set(const char *name, const struct place_set *set, enum place_eyes eyes, struct buf *out);

#endif
