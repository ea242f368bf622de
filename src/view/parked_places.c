/* SPDX-License-Identifier: ISC */
/*
 * Which polls the set of a place concerns: those that ask for it by its name, and if it is a conversation, those of its
 * participants that ask for all of theirs. See parked.h.
 */
#include "view/parked_private.h"
#include "view/reading.h"

#include <string.h>

/* The polls that a place concerns. */
struct concerned {
    struct parked_set *set;
    struct parked_view *parked;
    const struct place *place;
};

static void concern(void *ctx, void *owner)
{
    const struct concerned *self = ctx;
    struct parked_poll *poll = owner;
    if (!reading_has_news(poll->reading, 0))
        return;
    self->set->place_counts.wakeups++;
    if (!reading_asks_for(poll->reading, self->place))
        self->set->place_counts.unconcerned++;
    parked_concern(self->parked, poll);
}

static void concern_person(struct concerned *self, const char *user)
{
    const struct person *person = parked_person_find(self->parked, user, strlen(user));
    for (struct parked_poll *poll = person ? person->polls : NULL; poll; poll = poll->next) {
        if (poll->reading && reading_has_dms(poll->reading))
            concern(self, poll);
    }
}

void parked_place_changed(struct parked_set *self, struct view *view, const struct place *place, int64_t now_us)
{
    struct parked_view *parked = parked_view_find(self, view);
    if (!parked)
        return;
    struct concerned concerned = {self, parked, place};
    parked_begin_change(parked, now_us);
    reading_each_of(place, concern, &concerned);
    for (size_t i = 0; i < place->people_count; i++)
        concern_person(&concerned, place->people[i]);
    parked_end_change(self, parked, now_us);
}

bool parked_reads_dms(const struct parked_set *self, const struct view *view, const char *user, size_t len)
{
    const struct parked_view *parked = parked_view_find(self, view);
    const struct person *person = parked ? parked_person_find(parked, user, len) : NULL;
    for (const struct parked_poll *poll = person ? person->polls : NULL; poll; poll = poll->next) {
        if (poll->reading && reading_has_dms(poll->reading))
            return true;
    }
    return false;
}

const struct parked_place_counts *parked_place_counts(const struct parked_set *self)
{
    return &self->place_counts;
}
