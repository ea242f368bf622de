/* SPDX-License-Identifier: ISC */
/* See place_sync.h: the reads of sets, of who takes part in conversations, and of which are active. */
#include "presence/place_sync.h"

#include "base/clock.h"
#include "base/mem.h"
#include "directory/dms.h"
#include "view/reading.h"

#include <stdlib.h>
#include <string.h>

struct place_read *place_read_new(const struct place_sync *self, const char *place)
{
    struct place_read *read = mem_new(sizeof *read);

    read->presence = self->presence;
    strcpy(read->workspace, view_workspace(self->view));
    strcpy(read->place, place);
    return read;
}

static void tell_readers(struct place_sync *self, const struct place *place)
{
    parked_place_changed(self->presence->parked, self->view, place, clock_mono_us());
    self->presence->events.on_due(self->presence->events.ctx);
}

/* ---- who takes part ---- */

struct taking_part {
    struct places *places;
    struct place *place;
};

static void on_dm(void *ctx, const struct dm_row *row)
{
    const struct taking_part *self = ctx;
    const char **people = mem_resize(NULL, row->participant_count + 1, sizeof *people);

    for (size_t i = 0; i < row->participant_count; i++)
        people[i] = row->participants[i].user;
    places_set_people(self->places, self->place, people, row->participant_count);
    free(people);
}

/* If it is not known who takes part, nobody does. */
static void read_people(struct place_sync *self, struct place *place)
{
    struct taking_part part = {self->places, place};

    if (directory_get_dm(self->presence->directory, view_workspace(self->view), place->dm, on_dm, &part) !=
        DIRECTORY_OK)
        places_set_people(self->places, place, NULL, 0);
}

struct place *place_reads_hold(struct place_sync *self, const char *name, int64_t now_ms)
{
    struct place *place = places_hold(self->places, name, strlen(name), now_ms);

    if (place->dm > 0 && place->people_count == 0)
        read_people(self, place);
    return place;
}

/* ---- sets ---- */

static void on_things(void *ctx, const struct place_thing *things, size_t count);

void place_reads_set(struct place_sync *self, struct place *place)
{
    place->again = place->reading;
    if (place->reading || !self->listening)
        return;
    place->reading = true;
    self->presence->stats.place_reads++;
    presence_things(self->presence, view_workspace(self->view), place->name, on_things,
                    place_read_new(self, place->name));
}

/*
 * Tells those who wait and have what they want, and reads what the others lack: a place may have been told of while
 * they waited.
 */
static void look_for_waiters(struct place_sync *self)
{
    place_waits_tell(self, false);
    place_waits_wanted(self, place_reads_unknown, self);
}

/* The set of PLACE was read: COUNT THINGS, or NULL if that failed. */
static void take_set(struct place_sync *self, struct place *place, struct place_thing *things, size_t count)
{
    place->reading = false;
    if (!things) {
        place->stale = true;
        place_waits_tell(self, true);
        return;
    }
    if (places_take(self->places, place, place_set_new(place->name, things, count)))
        tell_readers(self, place);
    if (place->again)
        place_reads_set(self, place);
    look_for_waiters(self);
}

static void on_things(void *ctx, const struct place_thing *things, size_t count)
{
    struct place_read *read = ctx;
    struct place_sync *self = place_sync_find(read->presence, read->workspace);
    struct place *place = self ? places_find(self->places, read->place, strlen(read->place)) : NULL;
    struct place_thing *copy = things ? mem_resize(NULL, count + 1, sizeof *copy) : NULL;

    if (copy)
        memcpy(copy, things, count * sizeof *copy);
    if (place)
        take_set(self, place, copy, count);
    free(copy);
    free(read);
}

void place_reads_unknown(void *ctx, struct place *place)
{
    if (place && (!place->set || place->stale) && !place->reading)
        place_reads_set(ctx, place);
}

/* Whether anybody here would be told of PLACE. */
static bool is_wanted(const struct place_sync *self, const struct place *place)
{
    if (self->waiters || !list_empty(&place->readers))
        return true;
    for (size_t i = 0; i < place->people_count; i++) {
        if (parked_reads_dms(self->presence->parked, self->view, place->people[i], strlen(place->people[i])))
            return true;
    }
    return false;
}

void place_reads_doubt(void *ctx, struct place *place)
{
    struct place_sync *self = ctx;

    if (place->reading || is_wanted(self, place))
        place_reads_set(self, place);
    else
        place->stale = true;
}

/* Somebody who takes part now may want a set that nobody wanted before. */
void place_reads_people(struct place_sync *self, struct place *place)
{
    read_people(self, place);
    tell_readers(self, place);
    if (is_wanted(self, place))
        place_reads_unknown(self, place);
}

/* ---- which conversations are active ---- */

static void on_names(void *ctx, const char *const *names, size_t count)
{
    struct place_read *read = ctx;
    struct place_sync *self = place_sync_find(read->presence, read->workspace);

    free(read);
    if (!self)
        return;
    self->indexing = false;
    for (size_t i = 0; i < count; i++) {
        if (place_dm(names[i]) > 0)
            place_reads_hold(self, names[i], clock_mono_ms());
    }
    self->index_from += count;
    self->indexed = names && count < LIMIT_PLACES_PAGE;
    places_set_dms_known(self->places, self->indexed);
    if (!names)
        place_waits_tell(self, true);
    else if (!self->indexed)
        place_reads_index(self);
    else
        look_for_waiters(self);
}

void place_reads_index(struct place_sync *self)
{
    if (self->indexing || !self->listening)
        return;
    self->indexing = true;
    presence_places(self->presence, view_workspace(self->view), self->index_from, on_names, place_read_new(self, ""));
}
