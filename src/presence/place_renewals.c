/* SPDX-License-Identifier: ISC */
/*
 * What sessions go on with at places, of which Redis was not told at once (place_recent.h): it is told in time, of many
 * things in one call. If something else happens to one of them first, what is owed of it is said by a call of its own:
 * its count tells which of the two is later. Without a count it is dropped.
 */
#include "presence/place_answers.h"
#include "presence/place_sync.h"
#include "presence/script_call.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "redis/redis_router.h"

#include <stdlib.h>

enum {
    STAYS_MAX = 1024, /* in one tick: about 8 ms of Redis */
    STAYS_BATCH = 64, /* in one call */
};

/* Things of one workspace of which Redis is being told. */
struct batch {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    size_t count;
    struct place_said *things[STAYS_BATCH]; /* owned */
};

/* ---- one by one ---- */

/* Something else may have happened to OWED, which is taken and may be NULL. */
static void say_owed(struct presence *self, struct place_said *owed)
{
    if (owed && owed->deed.n >= 0 && owed->deed.for_ms > 0)
        presence_at(self, &owed->deed, NULL, NULL);
    free(owed);
}

void place_renewals_drop(struct presence *self, const struct place_deed *deed)
{
    free(place_recent_forget(&self->place_recent, deed, clock_mono_ms()));
}

void place_renewals_nudge(struct presence *self, const struct place_deed *deed)
{
    say_owed(self, place_recent_forget(&self->place_recent, deed, clock_mono_ms()));
}

/* ---- many at once ---- */

/* DEED goes on until ENDS_MS of Redis's time: if it is all that is done at a place held here, that need not be read. */
static void prolong(struct presence *presence, const struct place_deed *deed, int64_t ends_ms)
{
    const struct place_sync *sync = place_sync_find(presence, deed->workspace);

    if (sync)
        places_prolong(sync->places, deed->place, strlen(deed->place), ends_ms);
}

/* Redis did with THING what CODE says, a letter of stay.lua's reply, at NOW_MS; or with '?' nobody knows what. */
static void thing_end(struct presence *presence, struct place_said *thing, char code, int64_t now_ms)
{
    if (code == '1')
        prolong(presence, &thing->deed, now_ms + thing->deed.for_ms);
    else
        free(place_recent_forget(&presence->place_recent, &thing->deed, clock_mono_ms()));
    if (code == '0')
        say_owed(presence, thing);
    else
        free(thing);
}

static void on_stayed(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct batch *self = ctx;
    int64_t now_ms = 0;
    const char *codes = result == REDIS_OK ? answer_stay(value, self->count, &now_ms) : NULL;

    if (result == REDIS_OK && !codes)
        presence_odd_answer(self->presence, SCRIPT_STAY);
    for (size_t i = 0; i < self->count; i++)
        thing_end(self->presence, self->things[i], codes ? codes[i] : '?', now_ms);
    self->presence->renewing--;
    free(self);
}

/* "<session> <doing> <rest_ms> <told_n> <n> <user>\n<place>", with its NUL, into OUT. */
static void add_thing(struct buf *out, const struct place_said *thing)
{
    const struct place_deed *deed = &thing->deed;

    buf_printf(out, "%s %s %lld ", deed->session, deed->doing, (long long)deed->for_ms);
    if (deed->n >= 0)
        buf_printf(out, "%lld %lld ", (long long)thing->told_n, (long long)deed->n);
    else
        buf_add_text(out, "- - ");
    buf_printf(out, "%s\n%s", deed->user, deed->place);
    buf_add_char(out, '\0');
}

static void batch_send(struct batch *self)
{
    struct redis_arg args[STAYS_BATCH];
    struct script_keys keys;
    struct script_call call;
    struct buf texts;

    buf_init(&texts);
    for (size_t i = 0; i < self->count; i++)
        add_thing(&texts, self->things[i]);
    script_keys_init(&keys, self->things[0]->deed.workspace, NULL);
    script_call_init(&call, SCRIPT_STAY);
    script_call_use(&call, args, STAYS_BATCH);
    script_call_key(&call, keys.state);
    const char *text = buf_text(&texts);
    for (size_t i = 0; i < self->count; i++, text += strlen(text) + 1)
        script_call_text(&call, text);
    self->presence->renewing++;
    script_call_send(&call, self->presence->redis, on_stayed, self);
    buf_fini(&texts);
}

/* Sends as many of the COUNT THINGS as are of the first one's workspace, and fit. Returns how many. */
static size_t send_some(struct presence *presence, struct place_said **things, size_t count)
{
    struct batch *batch = mem_new(sizeof *batch);

    batch->presence = presence;
    while (batch->count < count && batch->count < STAYS_BATCH &&
           strcmp(things[batch->count]->deed.workspace, things[0]->deed.workspace) == 0) {
        batch->things[batch->count] = things[batch->count];
        batch->count++;
    }
    size_t sent = batch->count;
    batch_send(batch);
    return sent;
}

static int by_workspace(const void *a, const void *b)
{
    const struct place_said *const *one = a;
    const struct place_said *const *other = b;

    return strcmp((*one)->deed.workspace, (*other)->deed.workspace);
}

/* Things that are to be told; of all workspaces, in no order. */
struct heap {
    struct presence *presence;
    size_t count;
    struct place_said *things[STAYS_MAX]; /* owned */
};

static void heap_send(struct heap *self)
{
    qsort(self->things, self->count, sizeof *self->things, by_workspace);
    for (size_t at = 0; at < self->count;)
        at += send_some(self->presence, self->things + at, self->count - at);
    self->count = 0;
}

static void heap_add(void *ctx, struct place_said *said)
{
    struct heap *self = ctx;

    self->things[self->count++] = said;
    if (self->count == STAYS_MAX)
        heap_send(self);
}

void place_renewals_tick(struct presence *self)
{
    struct heap heap;
    struct place_said *said;
    int64_t now_ms = clock_mono_ms();

    if (!redis_router_some_up(self->redis))
        return;
    heap.presence = self;
    heap.count = 0;
    while (heap.count < STAYS_MAX - 1 && (said = place_recent_due(&self->place_recent, now_ms)))
        heap_add(&heap, said);
    heap_send(&heap);
}

void place_renewals_end(struct presence *self, const char *workspace)
{
    struct heap heap;

    heap.presence = self;
    heap.count = 0;
    place_recent_end(&self->place_recent, workspace, clock_mono_ms(), heap_add, &heap);
    heap_send(&heap);
}
