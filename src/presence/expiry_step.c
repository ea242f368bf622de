/* SPDX-License-Identifier: ISC */
/* See expiry_step.h. */
#include "presence/expiry_step.h"

#include <stddef.h>
#include <string.h>

void expiry_step_init(struct expiry_step *self, int64_t lease_ms, unsigned partitions)
{
    memset(self, 0, sizeof *self);
    self->hold_ms = lease_ms;
    self->partitions = partitions;
}

void expiry_step_follow(struct expiry_step *self, int64_t steady_ms)
{
    self->failing_ms = steady_ms;
}

/* ---- what is known ---- */

/* How long nobody could beat, in this loss and in those that came shortly before it. */
static int64_t lost_ms(const struct expiry_step *self, int64_t now_ms)
{
    int64_t until_ms = self->usable_ms > 0 ? self->usable_ms : now_ms;

    return self->failing_ms > 0 ? self->lost_ms + until_ms - self->failing_ms : 0;
}

/* Whether that is so long that nobody may be judged by it. */
static bool was_out(const struct expiry_step *self, int64_t now_ms)
{
    return lost_ms(self, now_ms) > EXPIRY_OUTAGE_MS;
}

/* Whether a loss is over: a connection that comes and goes may be there for each expiry and for hardly any beat. */
static bool is_steady(const struct expiry_step *self, int64_t now_ms)
{
    return self->usable_ms > 0 && now_ms - self->usable_ms >= EXPIRY_STEADY_MS;
}

bool expiry_step_steady(const struct expiry_step *self)
{
    return self->failing_ms == 0;
}

/* Whether a loss may go on. What was before the first round of this worker, the others knew of. */
static bool may_go_on(const struct expiry_step *self, int64_t now_ms)
{
    return self->met && self->failing_ms > 0 && !is_steady(self, now_ms);
}

bool expiry_step_held(const struct expiry_step *self, int64_t now_ms)
{
    return now_ms < self->hold_until_ms || was_out(self, now_ms) || may_go_on(self, now_ms);
}

int64_t expiry_step_judged_ms(const struct expiry_step *self, int64_t now_ms)
{
    if (!expiry_step_held(self, now_ms))
        return 0;
    return self->judged_ms > 0 ? self->judged_ms : 1;
}

void expiry_step_saw(struct expiry_step *self, int64_t redis_ms, int64_t now_ms)
{
    self->redis_ms = redis_ms;
    self->mono_ms = now_ms;
}

int64_t expiry_step_expected_ms(const struct expiry_step *self, int64_t now_ms)
{
    return self->redis_ms > 0 ? self->redis_ms + now_ms - self->mono_ms : 0;
}

int64_t expiry_step_shown_ms(const struct expiry_step *self, int64_t now_ms)
{
    int64_t seen_ms = self->redis_ms > 0 ? self->redis_ms : self->former_ms;

    return seen_ms > 0 ? seen_ms + now_ms - self->mono_ms : 0;
}

int64_t expiry_step_asked_ms(const struct expiry_step *self, int64_t now_ms)
{
    int64_t expected_ms = expiry_step_expected_ms(self, now_ms);
    int64_t silent_ms = self->ticked_ms - self->heard_ms;

    return expected_ms > 0 && silent_ms > 0 ? expected_ms - silent_ms : expected_ms;
}

bool expiry_step_away(const struct expiry_step *self)
{
    return self->ticked_ms - self->reached_ms > EXPIRY_AWAY_MS;
}

/* ---- what happens ---- */

/* Holds expiry. A hold that would add nothing to the one before it is not worth a line in the log. */
static void hold(struct expiry_step *self, int64_t now_ms, const char *why, struct expiry_actions *actions)
{
    int64_t until_ms = now_ms + self->hold_ms;

    if (until_ms <= self->hold_until_ms + EXPIRY_LEAP_TOLERANCE_MS)
        return;
    self->hold_until_ms = until_ms;
    actions->held = why;
}

/* While Redis refuses to expire, it refuses beats as well. */
static void note_failure(struct expiry_step *self, int64_t now_ms)
{
    bool goes_on = self->failing_ms > 0 && self->usable_ms == 0;

    if (goes_on)
        return;
    if (self->usable_ms > 0 && now_ms - self->usable_ms < EXPIRY_FLICKER_MS)
        self->lost_ms += now_ms - self->failing_ms;
    else
        self->lost_ms = is_steady(self, now_ms) ? 0 : lost_ms(self, now_ms);
    self->failing_ms = now_ms;
    self->usable_ms = 0;
}

static void note_success(struct expiry_step *self, int64_t now_ms, struct expiry_actions *actions)
{
    bool first = !self->met;

    self->met = true;
    if (self->failing_ms == 0)
        return;
    if (self->usable_ms == 0)
        self->usable_ms = now_ms;
    bool began_in_time = first && !was_out(self, now_ms);
    if (was_out(self, now_ms))
        hold(self, now_ms, "Redis or the database could not be used, so nobody could say that they are here", actions);
    if (began_in_time || is_steady(self, now_ms))
        self->failing_ms = self->usable_ms = 0;
}

/* What this process slept through, or was too busy for, is not an absence of Redis. */
static void note_tick(struct expiry_step *self, int64_t now_ms)
{
    int64_t late_ms = now_ms - self->ticked_ms - PRESENCE_TICK_MS;

    if (self->ticked_ms == 0) {
        self->reached_ms = now_ms;
        self->heard_ms = now_ms;
    } else if (late_ms > PRESENCE_TICK_MS) {
        self->reached_ms += late_ms;
        self->heard_ms += late_ms;
    }
    self->ticked_ms = now_ms;
}

/* A round is finished before the next begins: a Redis that is behind must not be buried. */
struct expiry_actions expiry_step_tick(struct expiry_step *self, bool up, bool known, int64_t now_ms)
{
    struct expiry_actions actions = {0};

    note_tick(self, now_ms);
    if (!up || !known)
        note_failure(self, now_ms);
    if (!up || self->outstanding > 0)
        return actions;
    self->failed = !known;
    self->outstanding = self->partitions;
    actions.run = true;
    return actions;
}

/*
 * A partition in which nothing is due succeeds even if Redis takes no write, and so do all while expiry is held: then
 * only what it refused elsewhere shows it. Partitions count together, since one that is due may show it.
 */
static void finish_partition(struct expiry_step *self, int64_t now_ms, struct expiry_actions *actions)
{
    if (--self->outstanding > 0)
        return;
    if (!self->failed)
        note_success(self, now_ms, actions);
    actions->over = true;
}

struct expiry_actions expiry_step_answered(struct expiry_step *self, const struct expiry_answer *answer, int64_t now_ms)
{
    struct expiry_actions actions = {0};

    self->redis_ms = answer->redis_ms;
    self->mono_ms = now_ms;
    self->reached_ms = now_ms;
    self->heard_ms = now_ms;
    if (answer->leapt)
        hold(self, now_ms, "Redis's clock leapt, or Redis stood still", &actions);
    if (answer->refusing) {
        self->failed = true;
        note_failure(self, now_ms);
    }
    if (!expiry_step_held(self, now_ms))
        self->judged_ms = answer->redis_ms;
    if (answer->more)
        actions.again = true;
    else
        finish_partition(self, now_ms, &actions);
    return actions;
}

struct expiry_actions expiry_step_failed(struct expiry_step *self, bool heard, int64_t now_ms)
{
    struct expiry_actions actions = {0};

    if (heard)
        expiry_step_heard(self, now_ms);
    self->failed = true;
    note_failure(self, now_ms);
    finish_partition(self, now_ms, &actions);
    return actions;
}

struct expiry_actions expiry_step_moved(struct expiry_step *self, int64_t now_ms)
{
    struct expiry_actions actions = {0};

    if (self->redis_ms > 0)
        self->former_ms = self->redis_ms;
    self->redis_ms = 0;
    self->judged_ms = 0;
    hold(self, now_ms, "they moved to another server, whose clock may differ", &actions);
    return actions;
}

void expiry_step_lost(struct expiry_step *self, int64_t now_ms)
{
    note_failure(self, now_ms);
}

void expiry_step_heard(struct expiry_step *self, int64_t now_ms)
{
    self->heard_ms = now_ms;
}
