/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. Lets leases lapse, in all partitions, by Redis's clock; any number of workers do so at once. The one
 * thing that a worker's own clock is for is to notice that Redis's leapt, or stood still: then nobody lapses for a ttl, for
 * nobody could have beaten. And, slowly, one workspace after another, drops who has been offline for the retention.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "directory/directory.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEAP_TOLERANCE_MS = 2000, /* a slow moment is no leap */
    OUTAGE_HOLDS_MS = 2000,   /* a shorter loss of Redis is within what every lease has to spare */
    AWAY_MS = 4000,           /* a failover of a second or two, and coming back after it, is no absence */
    PRUNE_BATCH = 64,         /* entries looked at in one call */
    PRUNE_SLOWEST_MS = 30000, /* between two workspaces */
    PRUNE_FASTEST_MS = 500,
};

/* One partition's call under way. */
struct sweep {
    struct presence *presence; /* borrowed */
    unsigned partition;
};

static void expire(struct sweep *sweep);

void expiry_hold(struct presence *self, int64_t now_ms, const char *reason)
{
    int64_t until_ms = now_ms + self->conf->ttl_s * INT64_C(1000);

    if (until_ms <= self->expiry.hold_until_ms + LEAP_TOLERANCE_MS)
        return;
    self->stats.holds++;
    self->expiry.hold_until_ms = until_ms;
    log_warn("expiry is held for %u s: %s", self->conf->ttl_s, reason);
}

/* While Redis refuses this, it refuses beats as well. */
static void note_failure(struct expiry *expiry)
{
    if (expiry->failing_ms == 0)
        expiry->failing_ms = clock_mono_ms();
}

/* Whether nobody could beat for so long that nobody may be judged by it. */
static bool was_out(const struct expiry *expiry, int64_t now_ms)
{
    return expiry->failing_ms > 0 && now_ms - expiry->failing_ms > OUTAGE_HOLDS_MS;
}

static void note_success(struct presence *self, int64_t now_ms)
{
    if (was_out(&self->expiry, now_ms))
        expiry_hold(self, now_ms, "Redis could not be used, so nobody could say that they are here");
    self->expiry.failing_ms = 0;
}

int64_t expiry_believed_ms(const struct presence *self)
{
    const struct expiry *expiry = &self->expiry;
    int64_t now_ms = clock_mono_ms();

    if (expiry->redis_ms == 0 || now_ms < expiry->hold_until_ms || was_out(expiry, now_ms))
        return 0;
    return expiry->redis_ms + now_ms - expiry->mono_ms;
}

static void sweep_finish(struct sweep *sweep)
{
    struct presence *self = sweep->presence;

    free(sweep);
    if (--self->expiry.outstanding > 0)
        return;
    /* A partition in which nothing is due succeeds even where Redis takes no write: only all of them together tell. */
    if (!self->expiry.sweep_failed)
        note_success(self, clock_mono_ms());
    presence_announce(self);
}

/* What a partition answered. */
static void take_expired(struct sweep *sweep, const struct answer_expire *answer)
{
    struct presence *self = sweep->presence;

    self->expiry.redis_ms = answer->now_ms;
    self->expiry.mono_ms = clock_mono_ms();
    self->expiry.reached_ms = self->expiry.mono_ms;
    self->stats.lapses += (unsigned long)answer->taken;
    if (answer->leapt)
        expiry_hold(self, self->expiry.mono_ms, "Redis's clock leapt, or Redis stood still");
    if (answer->malformed > 0)
        log_warn("partition %u: %lld lease(s) that were none of ours were removed", sweep->partition,
                 (long long)answer->malformed);
}

static void on_expired(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct sweep *sweep = ctx;
    struct presence *self = sweep->presence;
    struct answer_expire answer;

    if (result == REDIS_OK && !answer_expire(value, LIMIT_EXPIRE_BATCH, &answer)) {
        presence_odd_answer(self, SCRIPT_EXPIRE);
        result = REDIS_ERROR;
    }
    if (result != REDIS_OK) {
        self->expiry.sweep_failed = true;
        note_failure(&self->expiry);
        sweep_finish(sweep);
        return;
    }
    take_expired(sweep, &answer);
    if (answer.taken == LIMIT_EXPIRE_BATCH)
        expire(sweep);
    else
        sweep_finish(sweep);
}

int64_t expiry_longest_lease_ms(const struct conf *conf)
{
    int64_t ttl_ms = conf->ttl_s * INT64_C(1000);
    int64_t poll_ms = conf_poll_lease_ms(conf);

    return (ttl_ms > poll_ms ? ttl_ms : poll_ms) + 1000;
}

static void expire(struct sweep *sweep)
{
    struct presence *self = sweep->presence;
    const struct expiry *expiry = &self->expiry;
    int64_t now_ms = clock_mono_ms();
    bool held = now_ms < expiry->hold_until_ms || was_out(expiry, now_ms);
    char prefix[KEY_PREFIX_MAX], due[KEY_PREFIX_MAX + 8], fresh[EPOCH_LEN + 1];
    struct script_call call;

    script_prefix(prefix, sweep->partition);
    strcat(strcpy(due, prefix), "due");
    presence_fresh_epoch(self, fresh);
    script_call_init(&call, SCRIPT_EXPIRE);
    script_call_key(&call, due);
    script_call_text(&call, prefix);
    script_call_int_if(&call, expiry->redis_ms > 0, expiry->redis_ms + now_ms - expiry->mono_ms);
    script_call_int(&call, LEAP_TOLERANCE_MS);
    script_call_text(&call, held ? "1" : "0");
    script_call_int(&call, expiry_longest_lease_ms(self->conf));
    script_call_int(&call, LIMIT_EXPIRE_BATCH);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_text(&call, fresh);
    script_call_send(&call, self->redis, on_expired, sweep);
}

static void sweep_all(struct presence *self)
{
    /* Those of the last tick first: a Redis that is behind must not be buried. */
    if (!redis_up(self->redis))
        note_failure(&self->expiry);
    if (self->expiry.outstanding > 0 || !redis_up(self->redis))
        return;
    self->expiry.sweep_failed = false;
    self->expiry.outstanding = IDS_PARTITIONS;
    for (unsigned partition = 0; partition < IDS_PARTITIONS; partition++) {
        struct sweep *sweep = mem_new(sizeof *sweep);
        sweep->presence = self;
        sweep->partition = partition;
        expire(sweep);
    }
}

/* ---- old entries ---- */

static void prune(struct presence *self, int64_t from_rank);

static void on_pruned(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct presence *self = ctx;
    int64_t next_rank = -1;

    if (result == REDIS_OK && !answer_prune(value, self->expiry.prune_rank, PRUNE_BATCH, &next_rank)) {
        presence_odd_answer(self, SCRIPT_PRUNE);
        next_rank = -1;
    }
    if (result == REDIS_OK && next_rank >= 0)
        prune(self, next_rank);
    else
        self->expiry.pruning = false;
}

static void prune(struct presence *self, int64_t from_rank)
{
    struct script_keys keys;
    struct script_call call;

    self->expiry.prune_rank = from_rank;
    script_keys_init(&keys, self->expiry.prune_workspace, NULL);
    script_call_init(&call, SCRIPT_PRUNE);
    script_call_state_keys(&call, &keys);
    script_call_int(&call, self->expiry.redis_ms - self->conf->retention_s * INT64_C(1000));
    script_call_int(&call, from_rank);
    script_call_int(&call, PRUNE_BATCH);
    script_call_send(&call, self->redis, on_pruned, self);
}

static void take_workspace(void *ctx, const struct workspace_row *row)
{
    struct presence *self = ctx;

    strncpy(self->expiry.prune_workspace, row->id, IDS_WORKSPACE_MAX);
    self->expiry.pruning = true;
}

/* The next workspace's turn. A hundred of them are gone through in a retention, and more the longer it is. */
static void prune_next(struct presence *self, int64_t now_ms)
{
    struct expiry *expiry = &self->expiry;
    int64_t pause_ms = self->conf->retention_s * INT64_C(10);

    if (now_ms < expiry->prune_due_ms || expiry->pruning || expiry->redis_ms == 0 || !redis_up(self->redis))
        return;
    if (pause_ms > PRUNE_SLOWEST_MS)
        pause_ms = PRUNE_SLOWEST_MS;
    expiry->prune_due_ms = now_ms + (pause_ms < PRUNE_FASTEST_MS ? PRUNE_FASTEST_MS : pause_ms);
    directory_each_workspace(self->directory, expiry->prune_workspace, 1, take_workspace, self);
    if (expiry->pruning)
        prune(self, 0);
    else
        expiry->prune_workspace[0] = '\0';
}

/* What this process slept through, or was too busy for, is no absence of Redis. */
static void note_tick(struct expiry *expiry, int64_t now_ms)
{
    int64_t late_ms = now_ms - expiry->ticked_ms - PRESENCE_TICK_MS;

    if (expiry->ticked_ms == 0)
        expiry->reached_ms = now_ms;
    else if (late_ms > PRESENCE_TICK_MS)
        expiry->reached_ms += late_ms;
    expiry->ticked_ms = now_ms;
}

bool presence_away(const struct presence *self)
{
    return self->expiry.ticked_ms - self->expiry.reached_ms > AWAY_MS;
}

void expiry_tick(struct presence *self, int64_t now_ms)
{
    note_tick(&self->expiry, now_ms);
    sweep_all(self);
    prune_next(self, now_ms);
}
