/* SPDX-License-Identifier: ISC */
/*
 * How polls come into the set and leave it, one by one. Whom a change wakes, and when, is parked_run.c's; who has to go
 * by a rule is parked_end.c's. See parked.h.
 */
#include "view/parked_private.h"

#include "base/limits.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *key_of_place(const struct table_node *node, size_t *len)
{
    const struct place *place = (const struct place *)(const void *)node;
    *len = sizeof place->view;
    return (const char *)&place->view;
}

static const char *key_of_person(const struct table_node *node, size_t *len)
{
    const struct person *person = (const struct person *)(const void *)node;
    *len = person->user_len;
    return person->user;
}

struct parked_set *parked_new(parked_wake_fn *wake, void *ctx)
{
    struct parked_set *self = mem_new(sizeof *self);
    self->wake = wake;
    self->ctx = ctx;
    table_init(&self->places, key_of_place);
    alarms_init(&self->deadlines);
    alarms_init(&self->windows);
    list_init(&self->ready);
    list_init(&self->reviewed);
    list_init(&self->unreviewed);
    return self;
}

static void place_free(struct place *place)
{
    table_fini(&place->people);
    free(place);
}

void parked_free(struct parked_set *self)
{
    if (self == NULL)
        return;
    assert(self->count == 0);
    struct table_node *all = table_take_all(&self->places);
    while (all != NULL) {
        struct place *place = (struct place *)(void *)all;
        all = all->next;
        place_free(place);
    }
    table_fini(&self->places);
    alarms_fini(&self->deadlines);
    alarms_fini(&self->windows);
    free(self->user);
    free(self->session);
    free(self);
}

/* ---- places and people ---- */

struct place *parked_place(const struct parked_set *self, const struct view *view)
{
    return (struct place *)(void *)table_find(&self->places, (const char *)&view, sizeof view);
}

static struct place *place_of(struct parked_set *self, struct view *view)
{
    struct place *place = parked_place(self, view);
    if (place != NULL)
        return place;
    place = mem_new(sizeof *place);
    place->view = view;
    list_init(&place->waiting);
    list_init(&place->filtered);
    list_init(&place->pending);
    table_init(&place->people, key_of_person);
    table_add(&self->places, &place->node);
    return place;
}

void parked_forget_view(struct parked_set *self, struct view *view)
{
    struct place *place = parked_place(self, view);
    if (place == NULL)
        return;
    assert(place->count == 0);
    alarms_clear(&self->windows, &place->window);
    table_remove(&self->places, &place->node);
    place_free(place);
}

struct person *parked_person(const struct place *place, const char *user, size_t len)
{
    return (struct person *)(void *)table_find(&place->people, user, len);
}

static struct person *person_of(struct place *place, const char *user, size_t len)
{
    struct person *person = parked_person(place, user, len);
    if (person != NULL)
        return person;
    assert(len <= UINT8_MAX);
    person = mem_new(offsetof(struct person, user) + len + 1);
    person->place = place;
    person->user_len = (uint8_t)len;
    memcpy(person->user, user, len);
    table_add(&place->people, &person->node);
    return person;
}

/* Those with a session come first: they are few, however many polls without one a client opens. */
static void person_add(struct person *person, struct poll *poll)
{
    struct poll *prev = NULL;
    struct poll *next = person->polls;
    while (poll->session[0] == '\0' && next != NULL && next->session[0] != '\0') {
        prev = next;
        next = next->next;
    }
    person->count++;
    poll->person = person;
    poll->prev = prev;
    poll->next = next;
    if (next != NULL)
        next->prev = poll;
    if (prev != NULL)
        prev->next = poll;
    else
        person->polls = poll;
}

static void person_remove(struct poll *poll)
{
    poll->person->count--;
    if (poll->next != NULL)
        poll->next->prev = poll->prev;
    if (poll->prev != NULL)
        poll->prev->next = poll->next;
    else
        poll->person->polls = poll->next;
}

struct poll *parked_session(const struct place *place, const char *user, size_t len, const char *session)
{
    const struct person *person = parked_person(place, user, len);
    struct poll *poll = person == NULL ? NULL : person->polls;
    for (; poll != NULL && poll->session[0] != '\0'; poll = poll->next) {
        if (strcmp(poll->session, session) == 0)
            return poll;
    }
    return NULL;
}

/* ---- in ---- */

static struct poll *poll_new(const struct poll_spec *spec)
{
    const char *session = spec->session == NULL ? "" : spec->session;
    size_t session_len = strlen(session);
    struct poll *poll = mem_new(offsetof(struct poll, session) + session_len + 1);
    memcpy(poll->session, session, session_len);
    poll->conn = spec->conn;
    poll->beat = spec->beat;
    poll->seq = spec->seq;
    poll->credential = spec->credential;
    poll->limit = spec->limit;
    poll->cors = spec->cors;
    poll->by_credential = spec->credential_deadline_ms > 0 && spec->credential_deadline_ms <= spec->deadline_ms;
    return poll;
}

static void supersede(struct parked_set *self, struct poll *older)
{
    if (older != NULL)
        parked_wake(self, older, WAKE_SUPERSEDED);
}

/* The oldest, of those without a session first, if USER has as many polls as one may. */
static struct poll *crowded(const struct place *place, const char *user, size_t len)
{
    const struct person *person = parked_person(place, user, len);
    if (person == NULL || person->count < LIMIT_POLLS_PER_USER)
        return NULL;
    struct poll *last = person->polls;
    while (last->next != NULL)
        last = last->next;
    return last;
}

const struct conn *parked_crowded(const struct parked_set *self, const struct view *view, const char *user, size_t len)
{
    const struct place *place = parked_place(self, view);
    const struct poll *poll = place == NULL ? NULL : crowded(place, user, len);
    return poll == NULL ? NULL : poll->conn;
}

static void make_room(struct parked_set *self, const struct place *place, const char *user, size_t len)
{
    struct poll *poll = crowded(place, user, len);
    if (poll != NULL)
        parked_wake(self, poll, WAKE_CROWDED);
}

struct poll *parked_add(struct parked_set *self, struct view *view, const struct poll_spec *spec)
{
    struct place *place = place_of(self, view);
    if (spec->session != NULL)
        supersede(self, parked_session(place, spec->user, spec->user_len, spec->session));
    make_room(self, place, spec->user, spec->user_len);
    struct poll *poll = poll_new(spec);
    person_add(person_of(place, spec->user, spec->user_len), poll);
    watch_begin(view, poll, spec);
    list_append(poll->watching == NULL ? &place->waiting : &place->filtered, &poll->queue);
    alarms_set(&self->deadlines, &poll->alarm, poll->by_credential ? spec->credential_deadline_ms : spec->deadline_ms);
    list_append(&self->reviewed, &poll->review);
    place->count++;
    self->count++;
    return poll;
}

/* ---- out ---- */

/* POLL is found by nothing any more; its names and entries are still held. */
static void take_out(struct parked_set *self, struct poll *poll)
{
    alarms_clear(&self->deadlines, &poll->alarm);
    list_remove(&poll->queue);
    list_remove(&poll->review);
    watch_leave(poll);
    person_remove(poll);
    poll->person->place->count--;
    self->count--;
}

/* Frees POLL, taken out, and its person where that was the last. */
static void release(struct poll *poll)
{
    struct person *person = poll->person;
    watch_end(person->place->view, poll);
    if (person->polls == NULL) {
        table_remove(&person->place->people, &person->node);
        free(person);
    }
    free(poll);
}

static struct woken woken_of(const struct poll *poll)
{
    return (struct woken){
        .conn = poll->conn,
        .view = poll->person->place->view,
        .user = poll->person->user,
        .user_len = poll->person->user_len,
        .session = poll->session[0] == '\0' ? NULL : poll->session,
        .beat = poll->beat,
        .seq = poll->seq,
        .limit = poll->limit,
        .cors = poll->cors,
    };
}

void parked_wake(struct parked_set *self, struct poll *poll, enum wake why)
{
    struct woken woken = woken_of(poll);
    struct view_entry **only = watch_list(woken.view, poll, &woken.only_count);
    woken.only = only;
    take_out(self, poll);
    self->wake(self->ctx, &woken, why);
    free(only);
    release(poll);
}

void parked_remove(struct parked_set *self, struct poll *poll, struct woken *woken)
{
    if (woken != NULL) {
        *woken = woken_of(poll);
        free(self->user);
        free(self->session);
        woken->user = self->user = mem_copy(woken->user, woken->user_len);
        woken->session = self->session = mem_text(woken->session);
    }
    take_out(self, poll);
    release(poll);
}

size_t parked_count(const struct parked_set *self)
{
    return self->count;
}

size_t parked_count_view(const struct parked_set *self, const struct view *view)
{
    const struct place *place = parked_place(self, view);
    return place == NULL ? 0 : place->count;
}
