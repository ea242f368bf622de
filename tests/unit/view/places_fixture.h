/* SPDX-License-Identifier: ISC */
/* What the tests of places share: short ways to say who is where. */
#ifndef ROLLCALL_TESTS_VIEW_PLACES_FIXTURE_H
#define ROLLCALL_TESTS_VIEW_PLACES_FIXTURE_H

#include "base/blob.h"
#include "view/reading.h"

#include <string.h>

enum { ENDS_MS = 9000 /* when all that put_at() says ends, by Redis's time */, NOW_MS = 1000 };

static inline struct place *hold(struct places *places, const char *name)
{
    return places_hold(places, name, strlen(name), 0);
}

/* At NAME is one who does DOING, or with NULL for USER nobody. True if that is news. */
static inline bool put_at(struct places *places, const char *name, const char *user, const char *doing)
{
    struct place_thing thing = {user, user ? strlen(user) : 0, doing, doing ? strlen(doing) : 0, 5, ENDS_MS};
    return places_take(places, hold(places, name), place_set_new(name, &thing, user ? 1 : 0));
}

/* The conversation NAME is one between A and B. */
static inline struct place *pair(struct places *places, const char *name, const char *a, const char *b)
{
    const char *people[] = {a, b};
    struct place *place = hold(places, name);
    places_set_people(places, place, people, 2);
    return place;
}

/* What USER reads, COUNT NAMES at most; the rest may be NULL. */
static inline struct reading *read_places(struct places *places, const char *user, const char *const *names,
                                          size_t count)
{
    const struct place_wants wants = {.user = user, .names = names, .count = count};
    return reading_new(places, &wants, 0);
}

#endif
