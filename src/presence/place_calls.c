/* SPDX-License-Identifier: ISC */
/* See presence.h. The calls of the scripts that places need. */
#include "presence/pending.h"
#include "presence/place_answers.h"
#include "presence/place_sync.h"
#include "presence/script_call.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* ---- said ---- */

static void on_said(struct pending *pending, enum script script, enum redis_result result,
                    const struct redis_value *value)
{
    struct answer_at answer;

    if (pending_failed(pending, result))
        return;
    if (!answer_at(value, &answer)) {
        pending_odd(pending, script);
        return;
    }
    if (pending->said && answer.result == PRESENCE_OK && answer.done) {
        place_recent_take(&pending->presence->place_recent, pending->said);
        pending->said = NULL;
    }
    const struct presence_reply reply = {.result = answer.result, .now_ms = answer.now_ms, .changed = answer.changed};
    if (script == SCRIPT_FROM && answer.changed)
        pending_finish_told(pending, &reply); /* whichever worker is asked next knows that it has ended */
    else
        pending_finish(pending, &reply);
}

static void on_at(void *ctx, enum redis_result result, const struct redis_value *value)
{
    on_said(ctx, SCRIPT_AT, result, value);
}

static void on_from(void *ctx, enum redis_result result, const struct redis_value *value)
{
    on_said(ctx, SCRIPT_FROM, result, value);
}

static void say_deed(struct script_call *call, const struct place_deed *deed)
{
    script_call_text(call, deed->workspace);
    script_call_text(call, deed->user);
    script_call_text(call, deed->session ? deed->session : "");
    script_call_text(call, deed->place);
    script_call_text(call, deed->doing ? deed->doing : "");
}

void presence_at(struct presence *self, const struct place_deed *deed, presence_reply_fn *done, void *ctx)
{
    static const int64_t limits[] = {LIMIT_PLACES_PER_SESSION, LIMIT_THINGS_PER_USER};
    struct pending *pending = pending_new(self, deed->workspace, deed->user, done, ctx);
    const struct place_sync *sync = place_sync_find(self, deed->workspace);
    const struct expiry_now now = expiry_now(self, deed->workspace);
    char at[KEY_MAX], places[KEY_MAX];
    struct script_keys keys;
    struct script_call call;

    /* Only if this worker hears what happens to it from now on. */
    pending->said = sync && sync->listening ? place_said_new(deed, clock_mono_ms()) : NULL;
    script_keys_init(&keys, deed->workspace, deed->user);
    script_key_at(&keys, deed->place, at);
    script_key_places(&keys, places);
    script_call_init(&call, SCRIPT_AT);
    script_call_key(&call, keys.user);
    script_call_key(&call, keys.state);
    script_call_key(&call, at);
    script_call_key(&call, places);
    say_deed(&call, deed);
    script_call_int(&call, deed->for_ms);
    script_call_int_if(&call, deed->n >= 0, deed->n);
    script_call_words(&call);
    script_call_numbers(&call, limits, sizeof limits / sizeof *limits);
    script_call_int_if(&call, now.asked_ms > 0, now.asked_ms);
    script_call_send(&call, self->redis, on_at, pending);
}

void presence_from(struct presence *self, const struct place_deed *deed, presence_reply_fn *done, void *ctx)
{
    struct pending *pending = pending_new(self, deed->workspace, deed->user, done, ctx);
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, deed->workspace, deed->user);
    script_call_init(&call, SCRIPT_FROM);
    script_call_key(&call, keys.user);
    script_call_key(&call, keys.state);
    say_deed(&call, deed);
    script_call_int_if(&call, deed->n >= 0, deed->n);
    script_call_send(&call, self->redis, on_from, pending);
}

/* ---- read ---- */

/* A read that Redis has not answered yet. */
struct reading {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    presence_place_fn *on_set;
    presence_things_fn *on_things;
    presence_places_fn *on_names;
    void *ctx;
    char place[LIMIT_PLACE_BYTES + 1];
};

static struct reading *reading_new(struct presence *presence, void *ctx)
{
    struct reading *self = mem_new(sizeof *self);

    self->presence = presence;
    self->ctx = ctx;
    return self;
}

/* The things that VALUE, an answer, describes; the caller frees them. NULL after a failure. */
static struct place_thing *read_things(const struct reading *self, enum redis_result result,
                                       const struct redis_value *value, size_t *found)
{
    int64_t now_ms;
    size_t count;

    *found = 0;
    if (result != REDIS_OK)
        return NULL;
    if (!answer_place(value, &now_ms, &count)) {
        presence_odd_answer(self->presence, SCRIPT_PLACE);
        return NULL;
    }
    struct place_thing *things = mem_resize(NULL, count + 1, sizeof *things);
    for (size_t i = 0; i < count; i++)
        *found += answer_thing(value, i, &things[*found]);
    return things;
}

static void on_place(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct reading *self = ctx;
    size_t count;
    struct place_thing *things = read_things(self, result, value, &count);
    struct place_set *set = self->on_set && things ? place_set_new(self->place, things, count) : NULL;

    if (self->on_set)
        self->on_set(self->ctx, set);
    else
        self->on_things(self->ctx, things, count);
    place_set_free(set);
    free(things);
    free(self);
}

/* Sends READING, of which on_set or on_things is set. */
static void read_place(struct reading *reading, const char *workspace, const char *place)
{
    char at[KEY_MAX];
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, workspace, NULL);
    script_key_at(&keys, place, at);
    strcpy(reading->place, place);
    script_call_init(&call, SCRIPT_PLACE);
    script_call_key(&call, at);
    script_call_int(&call, LIMIT_PLACE_THINGS);
    script_call_send(&call, reading->presence->redis, on_place, reading);
}

void presence_place(struct presence *self, const char *workspace, const char *place, presence_place_fn *fn, void *ctx)
{
    struct reading *reading = reading_new(self, ctx);

    reading->on_set = fn;
    read_place(reading, workspace, place);
}

void presence_things(struct presence *self, const char *workspace, const char *place, presence_things_fn *fn, void *ctx)
{
    struct reading *reading = reading_new(self, ctx);

    reading->on_things = fn;
    read_place(reading, workspace, place);
}

static void on_places(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct reading *self = ctx;
    const char **names = NULL;
    size_t found = 0, count;

    if (result == REDIS_OK && answer_places(value, &count)) {
        names = mem_resize(NULL, count + 1, sizeof *names);
        for (size_t i = 0; i < count; i++) {
            names[found] = answer_place_name(value, i);
            found += names[found] ? 1 : 0;
        }
    } else if (result == REDIS_OK) {
        presence_odd_answer(self->presence, SCRIPT_PLACES);
    }
    self->on_names(self->ctx, names, found);
    free(names);
    free(self);
}

void presence_places(struct presence *self, const char *workspace, size_t from, presence_places_fn *fn, void *ctx)
{
    struct reading *reading = reading_new(self, ctx);
    char places[KEY_MAX];
    struct script_keys keys;
    struct script_call call;

    reading->on_names = fn;
    script_keys_init(&keys, workspace, NULL);
    script_key_places(&keys, places);
    script_call_init(&call, SCRIPT_PLACES);
    script_call_key(&call, places);
    script_call_int(&call, (int64_t)from);
    script_call_int(&call, LIMIT_PLACES_PAGE);
    script_call_send(&call, self->redis, on_places, reading);
}
