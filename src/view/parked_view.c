/* SPDX-License-Identifier: ISC */
/*
 * Where parked polls are found: by view, then by user. A person is freed with their last poll, a view when it is
 * forgotten. See parked_private.h.
 */
#include "view/parked_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *key_of_view(const struct table_node *node, size_t *len)
{
    const struct parked_view *parked = (const struct parked_view *)(const void *)node;
    *len = sizeof parked->view;
    return (const char *)&parked->view;
}

static const char *key_of_person(const struct table_node *node, size_t *len)
{
    const struct person *person = (const struct person *)(const void *)node;
    *len = person->user_len;
    return person->user;
}

void parked_views_init(struct parked_set *self)
{
    table_init(&self->views, key_of_view);
}

static void free_parked(struct parked_view *parked)
{
    table_fini(&parked->people);
    free(parked);
}

void parked_views_fini(struct parked_set *self)
{
    struct table_node *all = table_take_all(&self->views);
    while (all) {
        struct parked_view *parked = (struct parked_view *)(void *)all;
        all = all->next;
        free_parked(parked);
    }
    table_fini(&self->views);
}

struct parked_view *parked_view_find(const struct parked_set *self, const struct view *view)
{
    return (struct parked_view *)(void *)table_find(&self->views, (const char *)&view, sizeof view);
}

struct parked_view *parked_view_get(struct parked_set *self, struct view *view)
{
    struct parked_view *parked = parked_view_find(self, view);
    if (parked)
        return parked;
    parked = mem_new(sizeof *parked);
    parked->view = view;
    list_init(&parked->waiting);
    list_init(&parked->filtered);
    list_init(&parked->counting);
    list_init(&parked->pending);
    table_init(&parked->people, key_of_person);
    table_add(&self->views, &parked->node);
    return parked;
}

void parked_forget_view(struct parked_set *self, struct view *view)
{
    struct parked_view *parked = parked_view_find(self, view);
    if (!parked)
        return;
    assert(parked->count == 0);
    alarms_clear(&self->windows, &parked->window);
    alarms_clear(&self->counts, &parked->counts);
    table_remove(&self->views, &parked->node);
    free_parked(parked);
}

/* ---- people ---- */

struct person *parked_person_find(const struct parked_view *parked, const char *user, size_t len)
{
    return (struct person *)(void *)table_find(&parked->people, user, len);
}

struct person *parked_person_get(struct parked_view *parked, const char *user, size_t len)
{
    struct person *person = parked_person_find(parked, user, len);
    if (person)
        return person;
    assert(len <= UINT8_MAX);
    person = mem_new(offsetof(struct person, user) + len + 1);
    person->parked = parked;
    person->user_len = (uint8_t)len;
    memcpy(person->user, user, len);
    table_add(&parked->people, &person->node);
    return person;
}

void parked_person_add(struct person *person, struct parked_poll *poll)
{
    struct parked_poll *prev = NULL;
    struct parked_poll *next = person->polls;
    while (poll->session[0] == '\0' && next && next->session[0] != '\0') {
        prev = next;
        next = next->next;
    }
    person->count++;
    poll->person = person;
    poll->prev = prev;
    poll->next = next;
    if (next)
        next->prev = poll;
    if (prev)
        prev->next = poll;
    else
        person->polls = poll;
}

void parked_person_remove(struct parked_poll *poll)
{
    poll->person->count--;
    if (poll->next)
        poll->next->prev = poll->prev;
    if (poll->prev)
        poll->prev->next = poll->next;
    else
        poll->person->polls = poll->next;
}

void parked_person_release(struct person *person)
{
    if (person->polls)
        return;
    table_remove(&person->parked->people, &person->node);
    free(person);
}

struct parked_poll *parked_session_find(const struct parked_view *parked, const char *user, size_t len,
                                        const char *session)
{
    const struct person *person = parked_person_find(parked, user, len);
    struct parked_poll *poll = person ? person->polls : NULL;
    for (; poll && poll->session[0] != '\0'; poll = poll->next) {
        if (strcmp(poll->session, session) == 0)
            return poll;
    }
    return NULL;
}

struct list_node *parked_rest(const struct parked_poll *poll)
{
    struct parked_view *parked = poll->person->parked;
    if (!poll->watching)
        return &parked->waiting;
    return poll->counts ? &parked->counting : &parked->filtered;
}

struct woken parked_woken(const struct parked_poll *poll)
{
    return (struct woken){
        .conn = poll->conn,
        .view = poll->person->parked->view,
        .user = poll->person->user,
        .user_len = poll->person->user_len,
        .session = poll->session[0] == '\0' ? NULL : poll->session,
        .beat = poll->beat,
        .seq = poll->seq,
        .reading = poll->reading,
        .limit = poll->limit,
        .counts = poll->counts,
        .own_news = poll->own_news,
        .plain = poll->plain,
        .cors = poll->cors,
        .changed_us = poll->changed ? poll->person->parked->told_us : 0,
        .lost = poll->ending && poll->end == WAKE_LOST ? poll->person->parked->lost_epoch : NULL,
        .is_stream = poll->stream,
        .start = poll->stream ? poll->stream->start : VIEW_CONTINUE,
        .head = poll->stream ? poll->stream->head : 0,
    };
}
