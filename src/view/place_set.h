/* SPDX-License-Identifier: ISC */
/*
 * Who is at a place, and what they do there, at one time: people in the order in which they came, each once, with the
 * words of what they do. It is rendered once, in two ways, for however many readers. Pure.
 */
#ifndef ROLLCALL_VIEW_PLACE_SET_H
#define ROLLCALL_VIEW_PLACE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Who reads: with, or without who types. The latter is for those who do not want to know. */
enum place_eyes { PLACE_ALL, PLACE_QUIET, PLACE_EYES };

/* A thing that a session does at a place. Texts are borrowed for the call that gets it. */
struct place_thing {
    const char *user;
    size_t user_len;
    const char *doing;
    size_t doing_len;
    int64_t arrived_ms; /* Redis's time, both */
    int64_t ends_ms;
};

/* Whether LEN bytes are the name of a place: 1 to LIMIT_PLACE_BYTES of valid UTF-8 without control characters. */
bool place_name_ok(const char *name, size_t len);

/* Whether LEN bytes are a word for what is done: 1 to LIMIT_DOING_BYTES of [a-z-]. */
bool place_doing_ok(const char *word, size_t len);

/* The id of the conversation that is the place NAME, "dm:<id>"; 0 if it is not a conversation. */
int64_t place_dm(const char *name);

/* The set of COUNT THINGS at PLACE, which are sorted in place. The caller frees it with place_set_free(). */
struct place_set *place_set_new(const char *place, struct place_thing *things, size_t count);

/* Frees SELF, which may be NULL. */
void place_set_free(struct place_set *self);

/* How many people are in it. */
size_t place_set_count(const struct place_set *self, enum place_eyes eyes);

/* When the first thing in it ends, by Redis's time; INT64_MAX: it is empty. */
int64_t place_set_ends_ms(const struct place_set *self);

/* The only thing in it ends at ENDS_MS now. False if it has several, or none: then nothing is changed. */
bool place_set_prolong(struct place_set *self, int64_t ends_ms);

/*
 * `"place":"...","people":[{"user":"...","doing":["..."]}],"count":N`, with LIMIT_PLACE_PEOPLE people at most. LEN is
 * set to its length. Valid as long as SELF.
 */
const char *place_set_json(const struct place_set *self, enum place_eyes eyes, size_t *len);

/* What tells it from other sets of the place: 24 bits, the same in every worker. 0: it is empty. */
uint32_t place_set_mark(const struct place_set *self, enum place_eyes eyes);

/*
 * What tells a place of that NAME (LEN bytes, NUL-ended) from others: 54 bits. The mark of a conversation is its own;
 * that of one whose id has 23 bits, or of another place, has 24.
 */
uint64_t place_name_mark(const char *name, size_t len);

/* The id of the conversation whose name has that MARK; 0 if it is not one. */
int64_t place_mark_dm(uint64_t mark);

/* Whether nobody could tell A from B. */
bool place_set_is_same(const struct place_set *a, const struct place_set *b);

#endif
