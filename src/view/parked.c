/* SPDX-License-Identifier: ISC */
/*
 * How polls come into the set and leave it, one by one. Which polls a change wakes, and when, is in parked_window.c;
 * which end by a rule is in parked_end.c. See parked.h.
 */
#include "view/parked_private.h"

#include "base/limits.h"
#include "base/mem.h"
#include "view/reading.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct parked_set *parked_new(const struct parked_calls *calls, void *ctx)
{
    struct parked_set *self = mem_new(sizeof *self);
    self->calls = calls;
    self->ctx = ctx;
    parked_views_init(self);
    alarms_init(&self->deadlines);
    alarms_init(&self->windows);
    alarms_init(&self->counts);
    fanout_cost_init(&self->cost);
    list_init(&self->ready);
    list_init(&self->ending);
    list_init(&self->held);
    list_init(&self->reviewed);
    list_init(&self->unreviewed);
    return self;
}

void parked_free(struct parked_set *self)
{
    if (!self)
        return;
    assert(self->count == 0);
    parked_views_fini(self);
    alarms_fini(&self->deadlines);
    alarms_fini(&self->windows);
    alarms_fini(&self->counts);
    free(self->user);
    free(self->session);
    free(self);
}

/* ---- in ---- */

static struct parked_poll *poll_new(const struct poll_spec *spec)
{
    const char *session = spec->session ? spec->session : "";
    size_t session_len = strlen(session);
    struct parked_poll *poll = mem_new(offsetof(struct parked_poll, session) + session_len + 1);
    memcpy(poll->session, session, session_len);
    poll->conn = spec->conn;
    poll->beat = spec->beat;
    poll->seq = spec->seq;
    poll->credential = spec->credential;
    poll->limit = spec->limit;
    poll->cors = spec->cors;
    poll->counts = spec->counts;
    poll->own_news = spec->own_news;
    poll->plain = spec->plain;
    poll->by_credential = spec->credential_deadline_ms > 0 && spec->credential_deadline_ms <= spec->deadline_ms;
    return poll;
}

static void supersede(struct parked_set *self, struct parked_poll *older)
{
    if (older)
        parked_wake(self, older, WAKE_SUPERSEDED);
}

/* The poll to end if USER has as many as one may: the oldest, of those without a session first. Else NULL. */
static struct parked_poll *crowded(const struct parked_view *parked, const char *user, size_t len)
{
    const struct person *person = parked_person_find(parked, user, len);
    if (!person || person->count < LIMIT_POLLS_PER_USER)
        return NULL;
    struct parked_poll *last = person->polls;
    while (last->next)
        last = last->next;
    return last;
}

const struct conn *parked_crowded(const struct parked_set *self, const struct view *view, const char *user, size_t len)
{
    const struct parked_view *parked = parked_view_find(self, view);
    const struct parked_poll *poll = parked ? crowded(parked, user, len) : NULL;
    return poll && !poll->stream ? poll->conn : NULL;
}

static void make_room(struct parked_set *self, const struct parked_view *parked, const char *user, size_t len)
{
    struct parked_poll *poll = crowded(parked, user, len);
    if (poll)
        parked_wake(self, poll, WAKE_CROWDED);
}

struct parked_poll *parked_add(struct parked_set *self, struct view *view, const struct poll_spec *spec)
{
    struct parked_view *parked = parked_view_get(self, view);
    if (spec->session)
        supersede(self, parked_session_find(parked, spec->user, spec->user_len, spec->session));
    make_room(self, parked, spec->user, spec->user_len);
    struct parked_poll *poll = poll_new(spec);
    parked_person_add(parked_person_get(parked, spec->user, spec->user_len), poll);
    watch_begin(view, poll, spec);
    poll->reading = spec->reading;
    if (poll->reading)
        reading_set_owner(poll->reading, poll, poll->person->user);
    int64_t at_ms = poll->by_credential ? spec->credential_deadline_ms : spec->deadline_ms;
    poll->stream = parked_stream_new(spec->stream, at_ms, &at_ms);
    poll->concerned = poll->stream; /* for its first page */
    list_append(poll->stream ? &self->ready : parked_rest(poll), &poll->queue);
    alarms_set(&self->deadlines, &poll->alarm, at_ms);
    if (spec->has_news)
        parked_pend(self, parked, poll);
    if (!poll->concerned && poll->counts && view_counts_seq(view) > poll->seq)
        parked_counts_changed(self, parked, spec->now_ms);
    self->stream_count += poll->stream ? 1 : 0;
    list_append(&self->reviewed, &poll->review);
    parked->count++;
    self->count++;
    return poll;
}

/* ---- out ---- */

/* Takes POLL out of everything by which it is found; its names and entries are still held. */
static void take_out(struct parked_set *self, struct parked_poll *poll)
{
    alarms_clear(&self->deadlines, &poll->alarm);
    list_remove(&poll->queue);
    list_remove(&poll->review);
    watch_leave(poll);
    parked_person_remove(poll);
    poll->person->parked->count--;
    self->count--;
    self->stream_count -= poll->stream ? 1 : 0;
}

/* Frees POLL, which was taken out, and its person if it was the last. */
static void release(struct parked_poll *poll)
{
    struct person *person = poll->person;
    watch_end(person->parked->view, poll);
    reading_free(poll->reading);
    free(poll->stream);
    free(poll);
    parked_person_release(person);
}

void parked_wake(struct parked_set *self, struct parked_poll *poll, enum wake why)
{
    struct woken woken = parked_woken(poll);
    struct view_entry **only = watch_list(woken.view, poll, &woken.only_count);
    woken.only = only;
    take_out(self, poll);
    self->calls->wake(self->ctx, &woken, why);
    free(only);
    release(poll);
}

void parked_remove(struct parked_set *self, struct parked_poll *poll, struct woken *woken)
{
    if (woken) {
        *woken = parked_woken(poll);
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

size_t parked_stream_count(const struct parked_set *self)
{
    return self->stream_count;
}

size_t parked_count_view(const struct parked_set *self, const struct view *view)
{
    const struct parked_view *parked = parked_view_find(self, view);
    return parked ? parked->count : 0;
}
