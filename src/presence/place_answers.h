/* SPDX-License-Identifier: ISC */
/*
 * What the scripts of places answer, read and checked as in answers.h: true if VALUE has the shape that its script
 * replies with. Texts are borrowed from VALUE.
 */
#ifndef ROLLCALL_PRESENCE_PLACE_ANSWERS_H
#define ROLLCALL_PRESENCE_PLACE_ANSWERS_H

#include "presence/presence.h"
#include "view/place_set.h"

struct redis_value;

struct answer_at {
    enum presence_result result;
    int64_t now_ms;
    bool changed; /* others see another set */
    bool done;    /* what was asked for, and it was not ignored */
};

/* What at.lua and from.lua reply. */
bool answer_at(const struct redis_value *value, struct answer_at *out);

/*
 * What stay.lua replies of COUNT things: its time, and 1, = or 0 for each, not NUL-ended, valid as long as VALUE. NULL
 * if VALUE has another shape.
 */
const char *answer_stay(const struct redis_value *value, size_t count, int64_t *now_ms);

/* What place.lua replies: its time, and how many things, LIMIT_PLACE_THINGS at most. */
bool answer_place(const struct redis_value *value, int64_t *now_ms, size_t *count);
/* Thing I of them; false for one that somebody else wrote. */
bool answer_thing(const struct redis_value *value, size_t i, struct place_thing *out);

/* What places.lua replies: how many names, LIMIT_PLACES_PAGE at most. */
bool answer_places(const struct redis_value *value, size_t *count);
/* Name I of them; NULL for one that somebody else wrote. */
const char *answer_place_name(const struct redis_value *value, size_t i);

#endif
