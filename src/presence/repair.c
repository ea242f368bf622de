/* SPDX-License-Identifier: ISC */
/*
 * Redis hears again what users say by hand: all of a workspace whose policy has changed, or that Redis has lost, at
 * once; those of whom Redis could not be told, when it is back; and all others now and then, slowly, since a worker may
 * have died before it could tell, and Redis may have lost a key. What Redis knows already changes nothing.
 */
#include "presence/says.h"

#include "base/clock.h"
#include "directory/statuses.h"

#include <string.h>

enum {
    PORTION = 100,             /* rows: less than 2 ms of Redis, in one tick */
    EVERY_MS = 10 * 60 * 1000, /* from one walk through all of them to the next */
    RECENTLY_MS = 10 * 60000,  /* what has changed in that time comes first: another worker may have died of it */
    DOUBT_MS = 10 * 1000,      /* after that, what an old copy says is better than nothing; */
    FLAPPING_MS = 30 * 1000,   /* also after that, if parts of Redis come and go all the time */
    RETRIES = 64,              /* users in one tick of whom Redis could not be told */
};

static void say_portion(struct says_walk *walk);

/* ---- a walk ---- */

static void begin(struct says_walk *walk, struct presence *presence, const char *workspace, bool in_haste)
{
    *walk = (struct says_walk){.presence = presence, .inside = true, .in_haste = in_haste};
    strcpy(walk->workspace, workspace);
}

static void on_said(void *ctx, const struct presence_reply *reply)
{
    struct says_walk *walk = ctx;

    (void)reply; /* if Redis could not be told, that is noted */
    if (--walk->asking == 0 && walk->in_haste && walk->inside && presence_up(walk->presence, walk->workspace))
        say_portion(walk);
}

static void say_one(void *ctx, const struct status_row *row)
{
    struct says_walk *walk = ctx;

    strcpy(walk->workspace, row->workspace);
    strcpy(walk->user, row->user);
    walk->rev = row->rev;
    walk->asked++;
    walk->asking++;
    says_row(walk->presence, row, on_said, walk);
}

static enum directory_result each_row(struct says_walk *walk)
{
    struct directory *directory = walk->presence->directory;
    const struct says_walk from = *walk;
    const struct status_range range = {.workspace = *from.workspace ? from.workspace : NULL,
                                       .after = *from.user ? from.user : NULL,
                                       .rev = from.rev,
                                       .limit = PORTION};

    return walk->recent ? directory_each_status_since(directory, &range, say_one, walk)
                        : directory_each_status(directory, &range, say_one, walk);
}

/*
 * If the directory cannot be read now, the next tick asks for the portion again. One that is not full need not be the
 * last: the directory skips rows that it cannot read.
 */
static void say_portion(struct says_walk *walk)
{
    walk->asked = 0;
    if (each_row(walk) == DIRECTORY_OK)
        walk->inside = walk->asked > 0;
}

/* ---- at once ---- */

static void say_untold(struct presence *self)
{
    struct leftover who;

    for (size_t left = self->untold_count < RETRIES ? self->untold_count : RETRIES; left > 0; left--)
        if (untold_take(self, false, &who))
            presence_say_after(self, who.workspace, who.user, who.rev);
}

static void hasten(struct presence *self)
{
    struct says_walk *walk = &self->haste_walk;
    struct leftover all;

    if (walk->asking > 0)
        return;
    if (!walk->inside && untold_take(self, true, &all))
        begin(walk, self, all.workspace, true);
    if (walk->inside)
        say_portion(walk);
}

void presence_say_all(struct presence *self, const char *workspace)
{
    untold_note_all(self, workspace);
    if (presence_up(self, workspace))
        hasten(self);
}

/* ---- slowly ---- */

/* All, by workspace. Those who changed lately come first, once. */
static void begin_next(struct presence *self, int64_t now_ms)
{
    struct walk *workspaces = &self->repair_workspaces;

    if (!self->repaired_recent) {
        self->repaired_recent = true;
        begin(&self->repair_walk, self, "", false);
        self->repair_walk.recent = true;
        self->repair_walk.rev = expiry_latest_ms(self) - RECENTLY_MS;
        return;
    }
    if (!*workspaces->workspace)
        self->repair_due_ms = now_ms + EVERY_MS;
    workspaces->inside = false;
    presence_next_workspace(self, workspaces);
    self->repair_over = !workspaces->inside;
    if (workspaces->inside)
        begin(&self->repair_walk, self, workspaces->workspace, false);
}

static void repair(struct presence *self, int64_t now_ms)
{
    struct says_walk *walk = &self->repair_walk;

    if (walk->asking > 0 || (!walk->inside && self->repair_over && now_ms < self->repair_due_ms))
        return;
    if (!walk->inside)
        begin_next(self, now_ms);
    if (walk->inside)
        say_portion(walk);
}

void presence_doubt_directory(struct presence *self, bool doubts)
{
    self->doubts = doubts;
}

/* For this part of Redis, the outage may end only now, after another part was reached all the time. */
void repair_found(struct presence *self, int64_t now_ms)
{
    self->repair_due_ms = 0;
    if (self->doubt_ms != 0 && now_ms - self->found_ms >= DOUBT_MS)
        self->doubt_ms = now_ms;
    self->found_ms = now_ms;
}

/* A machine that was cut off reaches Redis again before its copy of the record is up to date. */
static bool waits_for_directory(struct presence *self, int64_t now_ms)
{
    if (!self->doubts)
        self->doubt_ms = 0;
    else if (self->doubt_ms == 0)
        self->doubt_ms = self->found_ms = now_ms;
    return self->doubt_ms != 0 && now_ms - self->found_ms < DOUBT_MS && now_ms - self->doubt_ms < FLAPPING_MS;
}

void repair_tick(struct presence *self, int64_t now_ms)
{
    if (waits_for_directory(self, now_ms) || !redis_router_some_up(self->redis) || expiry_latest_ms(self) == 0)
        return;
    say_untold(self);
    hasten(self);
    repair(self, now_ms);
}
