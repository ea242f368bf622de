/* SPDX-License-Identifier: ISC */
/* See places.h. */
#include "view/places.h"

#include "base/blob.h"
#include "base/limits.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Somebody who takes part in conversations that are held. */
struct partner {
    struct table_node node; /* first: by user */
    struct place **places;  /* owned array of borrowed, by id */
    size_t count, capacity;
    uint8_t user_len;
    char user[]; /* user_len bytes */
};

struct places {
    struct table names;
    struct table partners;
    struct alarms ends;
    struct kept_answer kept;
    unsigned long rendered;
    bool dms_known; /* all active conversations are held */
};

static struct place *place_at(const struct table_node *node)
{
    return (struct place *)(void *)node;
}

static const char *key_of_place(const struct table_node *node, size_t *len)
{
    *len = place_at(node)->name_len;
    return place_at(node)->name;
}

static struct partner *partner_at(const struct table_node *node)
{
    return (struct partner *)(void *)node;
}

static const char *key_of_partner(const struct table_node *node, size_t *len)
{
    *len = partner_at(node)->user_len;
    return partner_at(node)->user;
}

/* ---- who takes part ---- */

static struct partner *partner_get(struct places *self, const char *user, size_t len)
{
    struct table_node *found = table_find(&self->partners, user, len);
    if (found)
        return partner_at(found);
    struct partner *partner = mem_new(offsetof(struct partner, user) + len);
    assert(len <= UINT8_MAX);
    partner->user_len = (uint8_t)len;
    memcpy(partner->user, user, len);
    table_add(&self->partners, &partner->node);
    return partner;
}

/* Where PLACE is among the places of PARTNER, or would be. */
static size_t index_of(const struct partner *partner, const struct place *place)
{
    size_t at = 0;
    while (at < partner->count && partner->places[at]->dm < place->dm)
        at++;
    return at;
}

static void join(struct places *self, struct place *place, const char *user)
{
    struct partner *partner = partner_get(self, user, strlen(user));
    size_t at = index_of(partner, place);
    if (partner->count == partner->capacity) {
        partner->capacity = partner->capacity * 2 + 1;
        partner->places = mem_resize(partner->places, partner->capacity, sizeof(struct place *));
    }
    memmove(partner->places + at + 1, partner->places + at, (partner->count++ - at) * sizeof(struct place *));
    partner->places[at] = place;
}

static void part(struct places *self, struct place *place, const char *user)
{
    struct partner *partner = partner_at(table_find(&self->partners, user, strlen(user)));
    size_t at = index_of(partner, place);
    assert(at < partner->count && partner->places[at] == place);
    memmove(partner->places + at, partner->places + at + 1, (--partner->count - at) * sizeof(struct place *));
    if (partner->count > 0)
        return;
    table_remove(&self->partners, &partner->node);
    free(partner->places);
    free(partner);
}

static void forget_people(struct places *self, struct place *place)
{
    for (size_t i = 0; i < place->people_count; i++) {
        part(self, place, place->people[i]);
        free(place->people[i]);
    }
    free(place->people);
    place->people = NULL;
    place->people_count = 0;
}

void places_set_people(struct places *self, struct place *place, const char *const *people, size_t count)
{
    forget_people(self, place);
    place->people = mem_resize(NULL, count + 1, sizeof *place->people);
    for (size_t i = 0; i < count; i++) {
        place->people[i] = mem_text(people[i]);
        join(self, place, people[i]);
    }
    place->people_count = count;
}

struct place *const *places_dms_of(const struct places *self, const char *user, size_t len, size_t *count)
{
    const struct table_node *found = table_find(&self->partners, user, len);
    *count = found ? partner_at(found)->count : 0;
    return found ? partner_at(found)->places : NULL;
}

void places_set_dms_known(struct places *self, bool known)
{
    self->dms_known = known;
}

bool places_know_dms(const struct places *self)
{
    return self->dms_known;
}

bool place_is_open_to(const struct place *place, const char *user, size_t len)
{
    if (place->dm == 0)
        return true;
    for (size_t i = 0; i < place->people_count; i++) {
        if (strlen(place->people[i]) == len && memcmp(place->people[i], user, len) == 0)
            return true;
    }
    return false;
}

/* ---- places ---- */

static void place_free(struct places *self, struct place *place)
{
    assert(list_empty(&place->readers));
    alarms_clear(&self->ends, &place->end);
    forget_people(self, place);
    place_set_free(place->set);
    free(place);
}

struct places *places_new(void)
{
    struct places *self = mem_new(sizeof *self);
    table_init(&self->names, key_of_place);
    table_init(&self->partners, key_of_partner);
    alarms_init(&self->ends);
    return self;
}

void places_free(struct places *self)
{
    if (!self)
        return;
    struct table_node *all = table_take_all(&self->names);
    while (all) {
        struct place *place = place_at(all);
        all = all->next;
        place_free(self, place);
    }
    table_fini(&self->names);
    table_fini(&self->partners);
    alarms_fini(&self->ends);
    blob_unref(self->kept.body);
    blob_unref(self->kept.whole);
    free(self);
}

struct place *places_find(const struct places *self, const char *name, size_t len)
{
    struct table_node *found = table_find(&self->names, name, len);
    return found ? place_at(found) : NULL;
}

struct place *places_hold(struct places *self, const char *name, size_t len, int64_t now_ms)
{
    struct place *place = places_find(self, name, len);
    if (!place) {
        assert(len <= UINT8_MAX);
        place = mem_new(offsetof(struct place, name) + len + 1);
        memcpy(place->name, name, len);
        place->name_len = (uint8_t)len;
        place->mark = place_name_mark(name, len);
        place->dm = place_dm(place->name);
        list_init(&place->readers);
        table_add(&self->names, &place->node);
    }
    place->asked_ms = now_ms;
    return place;
}

size_t places_count(const struct places *self)
{
    return self->names.count;
}

/* The end of the set of PLACE is another one. */
static void set_end(struct places *self, struct place *place)
{
    alarms_clear(&self->ends, &place->end);
    if (place_set_ends_ms(place->set) < INT64_MAX)
        alarms_set(&self->ends, &place->end, place_set_ends_ms(place->set));
}

bool places_take(struct places *self, struct place *place, struct place_set *set)
{
    bool changed = !place->set || place->stale || !place_set_is_same(place->set, set);
    place_set_free(place->set);
    place->set = set;
    place->stale = false;
    set_end(self, place);
    return changed;
}

void places_prolong(struct places *self, const char *name, size_t len, int64_t ends_ms)
{
    struct place *place = places_find(self, name, len);
    if (place && place->set && !place->stale && !place->reading && place_set_prolong(place->set, ends_ms))
        set_end(self, place);
}

bool place_is_known(const struct place *place, int64_t now_ms)
{
    return place->set && !place->stale && place_set_ends_ms(place->set) > now_ms;
}

struct place *places_due(struct places *self, int64_t now_ms)
{
    struct alarm *due = alarms_due(&self->ends, now_ms);
    if (!due)
        return NULL;
    alarms_clear(&self->ends, due);
    return LIST_OWNER(due, struct place, end);
}

void places_each(struct places *self, void (*fn)(void *ctx, struct place *place), void *ctx)
{
    for (size_t i = 0; i < self->names.bucket_count; i++) {
        for (struct table_node *at = self->names.buckets[i]; at; at = at->next)
            fn(ctx, place_at(at));
    }
}

static bool is_idle(const struct place *place, int64_t idle_ms, int64_t now_ms)
{
    return list_empty(&place->readers) && !place->reading && place->asked_ms + idle_ms < now_ms;
}

bool places_prune(struct places *self, int64_t now_ms)
{
    int64_t idle_ms = self->names.count > LIMIT_PLACES_HELD ? PLACES_IDLE_MS / 10 : PLACES_IDLE_MS;
    bool lost = false;
    struct table_node *all = table_take_all(&self->names);
    while (all) {
        struct place *place = place_at(all);
        all = all->next;
        if (!is_idle(place, idle_ms, now_ms)) {
            table_add(&self->names, &place->node);
            continue;
        }
        lost = lost || !place->set || place->stale || place_set_count(place->set, PLACE_ALL) > 0;
        place_free(self, place);
    }
    return lost;
}

/* ---- the latest answer ---- */

struct kept_answer *places_kept(struct places *self)
{
    return &self->kept;
}

unsigned long places_take_rendered(struct places *self)
{
    unsigned long rendered = self->rendered;
    self->rendered = 0;
    return rendered;
}

void places_note_rendered(struct places *self)
{
    self->rendered++;
}
