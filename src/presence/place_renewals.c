/* SPDX-License-Identifier: ISC */
/*
 * What sessions go on with at places, of which Redis was not told at once (place_recent.h): it is told in time, of many
 * things in one call. If something else happens to one of them first, what is owed of it is said by a call of its own:
 * its count tells which of the two is later. Without a count it is dropped.
 */
#include "presence/place_answers.h"
#include "presence/place_sync.h"
#include "presence/script_call.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "base/mem.h"
#include "redis/redis_router.h"

#include <stdlib.h>

enum {
    STAYS_MAX = 1024, /* in one tick: about 8 ms of Redis */
    STAYS_BATCH = 64, /* in one call */
    STAY_ARGS = 7,    /* of each */
    /* Of them by a call of their own, which takes several times as long. After an outage of Redis many are over. */
    STAYS_ALONE = 256,
};

/* Things of one workspace of which Redis is being told. */
struct batch {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    size_t count;
    struct place_said *things[STAYS_BATCH]; /* owned */
};

/* ---- one by one ---- */

/* Something that is owed, and of which Redis is being told by a call of its own. */
struct owed {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    struct place_said *said;   /* owned */
};

static void on_owed(void *ctx, const struct presence_reply *reply)
{
    struct owed *self = ctx;

    if (reply->result == PRESENCE_UNAVAILABLE)
        place_recent_untold(&self->presence->place_recent, self->said, clock_mono_ms());
    else
        free(self->said);
    self->presence->renewing--;
    free(self);
}

/* Something else may have happened to SAID, which is taken and may be NULL. */
static void say_owed(struct presence *presence, struct place_said *said)
{
    if (!said || said->deed.n < 0 || said->deed.for_ms <= 0) {
        free(said);
        return;
    }
    struct owed *self = mem_new(sizeof *self);
    *self = (struct owed){presence, said};
    presence->renewing++;
    presence_at(presence, &said->deed, on_owed, self);
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
    if (code == '?') {
        place_recent_untold(&presence->place_recent, thing, clock_mono_ms());
        return;
    }
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

/* The numbers of a thing as text. */
struct numbers {
    char texts[3][DECIMAL_MAX + 1];
};

static const char *write_number(char *out, int64_t number)
{
    out[decimal_write(out, number)] = '\0';
    return out;
}

/* Adds what stay.lua takes of THING. NUMBERS has space for its own. */
static void add_thing(struct script_call *call, const struct place_said *thing, struct numbers *numbers)
{
    const struct place_deed *deed = &thing->deed;
    bool counts = deed->n >= 0;

    script_call_text(call, deed->session);
    script_call_text(call, deed->doing);
    script_call_text(call, write_number(numbers->texts[0], deed->for_ms));
    script_call_text(call, counts ? write_number(numbers->texts[1], thing->told_n) : "-");
    script_call_text(call, counts ? write_number(numbers->texts[2], deed->n) : "-");
    script_call_text(call, deed->user);
    script_call_text(call, deed->place);
}

static void batch_send(struct batch *self)
{
    struct redis_arg args[STAYS_BATCH * STAY_ARGS];
    struct numbers numbers[STAYS_BATCH];
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, self->things[0]->deed.workspace, NULL);
    script_call_init(&call, SCRIPT_STAY);
    script_call_use(&call, args, STAYS_BATCH * STAY_ARGS);
    script_call_key(&call, keys.state);
    for (size_t i = 0; i < self->count; i++)
        add_thing(&call, self->things[i], &numbers[i]);
    self->presence->renewing++;
    script_call_send(&call, self->presence->redis, on_stayed, self);
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
    const char *workspace; /* if what is told ends: in this one alone, */
    uint64_t partitions;   /* or with NULL in these */
    size_t alone_left;     /* so many more may be said by calls of their own; what is beyond that is due again soon */
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

/*
 * What is over by what Redis knows is said by a call of its own, as stay.lua would find it ended: so nobody reads the
 * set in between.
 */
static void heap_add(void *ctx, struct place_said *said)
{
    struct heap *self = ctx;
    int64_t now_ms = clock_mono_ms();

    bool alone = said->deed.n >= 0 && said->ends_ms <= now_ms;

    if (!presence_up(self->presence, said->deed.workspace) || (alone && self->alone_left == 0)) {
        place_recent_untold(&self->presence->place_recent, said, now_ms);
        return;
    }
    if (alone) {
        self->alone_left--;
        say_owed(self->presence, said);
        return;
    }
    self->things[self->count++] = said;
    if (self->count == STAYS_MAX)
        heap_send(self);
}

void place_renewals_tick(struct presence *self)
{
    struct heap heap = {.presence = self, .alone_left = STAYS_ALONE};
    struct place_said *said;
    int64_t now_ms = clock_mono_ms();

    if (!redis_router_some_up(self->redis))
        return;
    for (int left = STAYS_MAX - 1; left > 0 && (said = place_recent_due(&self->place_recent, now_ms)); left--)
        heap_add(&heap, said);
    heap_send(&heap);
}

static bool is_ending(void *ctx, const char *workspace)
{
    const struct heap *self = ctx;

    return self->workspace ? strcmp(self->workspace, workspace) == 0
                           : presence_concerns(self->presence, self->partitions, workspace);
}

static void end_some(struct heap *heap)
{
    const struct place_ending ending = {is_ending, heap_add, heap};

    place_recent_end(&heap->presence->place_recent, &ending, clock_mono_ms());
    heap_send(heap);
}

void place_renewals_end(struct presence *self, const char *workspace)
{
    end_some(&(struct heap){.presence = self, .workspace = workspace, .alone_left = SIZE_MAX});
}

void place_renewals_end_in(struct presence *self, uint64_t partitions)
{
    end_some(&(struct heap){.presence = self, .partitions = partitions, .alone_left = SIZE_MAX});
}
