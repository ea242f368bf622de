/* SPDX-License-Identifier: ISC */
/*
 * The lapse of a lease. Every worker has Redis take the leases that have ended (lua/expire.lua), in all partitions,
 * once a tick; each lease lapses once, however many workers ask. So does what users say by hand until a time. Whether
 * leases may lapse now is decided by expiry_step.c; here Redis is asked.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "directory/directory.h"
#include "redis/redis_router.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One partition's part of a round. */
struct sweep {
    struct presence *presence;  /* borrowed */
    struct presence_part *part; /* borrowed: the presence's */
    unsigned partition;
};

static void expire(struct sweep *sweep);

static int64_t longest_lease_ms(const struct conf *conf)
{
    int64_t ttl_ms = conf->ttl_s * INT64_C(1000);
    int64_t poll_ms = conf_poll_lease_ms(conf);

    return ttl_ms > poll_ms ? ttl_ms : poll_ms;
}

int64_t expiry_longest_lease_ms(const struct conf *conf)
{
    return longest_lease_ms(conf) + 1000;
}

/* The expiry of what WORKSPACE belongs to. */
static const struct expiry_step *step_of(const struct presence *self, const char *workspace)
{
    return &self->parts[presence_part_of(self, workspace)].expiry;
}

/* Whether everybody can beat, and could of late. */
static bool is_steady(const struct presence *self)
{
    for (unsigned i = 0; i < presence_part_count(self); i++)
        if (!expiry_step_steady(&self->parts[i].expiry))
            return false;
    return true;
}

/* Expiry is held from now on, because of WHY. In a cluster that may be so for many partitions at once. */
static void note_hold(struct presence *self, unsigned partition, const char *why)
{
    unsigned hold_s = (unsigned)(longest_lease_ms(self->conf) / 1000);

    self->stats.holds++;
    if (!self->clustered)
        log_warn("expiry is held for %u s: %s", hold_s, why);
    else if (presence_may_log(&self->hold_ms))
        log_warn("expiry is held for %u s in partition %u, and perhaps in others: %s", hold_s, partition, why);
}

/* What a partition's answer, or failure, leads to. */
static void perform(struct sweep *sweep, struct expiry_actions actions)
{
    struct presence *self = sweep->presence;

    if (actions.held)
        note_hold(self, sweep->partition, actions.held);
    unsigned part = (unsigned)(sweep->part - self->parts);
    if (actions.again)
        expire(sweep);
    else
        free(sweep);
    if (!actions.over)
        return;
    if (self->shared && is_steady(self))
        atomic_store(&self->shared->steady_ms, clock_mono_ms());
    presence_looked(self, part);
}

static void note(struct sweep *sweep, const struct answer_expire *answer)
{
    sweep->presence->stats.lapses += (unsigned long)(answer->taken - answer->ended);
    if (answer->malformed > 0)
        log_warn("partition %u: %lld lease(s) or end(s) that Rollcall did not write were removed", sweep->partition,
                 (long long)answer->malformed);
}

static void on_expired(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct sweep *sweep = ctx;
    struct expiry_step *step = &sweep->part->expiry;
    const struct redis_router *redis = sweep->presence->redis;
    int64_t now_ms = clock_mono_ms();
    struct answer_expire answer;

    if (result == REDIS_OK && !answer_expire(value, LIMIT_EXPIRE_BATCH, &answer)) {
        presence_odd_answer(sweep->presence, SCRIPT_EXPIRE);
        result = REDIS_ERROR;
    }
    if (result != REDIS_OK) {
        perform(sweep, expiry_step_failed(step, redis_router_up(redis, sweep->partition), now_ms));
        return;
    }
    note(sweep, &answer);
    struct expiry_answer taken = {answer.now_ms, answer.leapt, answer.taken == LIMIT_EXPIRE_BATCH,
                                  redis_router_refuses(redis, sweep->partition)};
    perform(sweep, expiry_step_answered(step, &taken, now_ms));
}

static void expire(struct sweep *sweep)
{
    struct presence *self = sweep->presence;
    int64_t now_ms = clock_mono_ms();
    int64_t expected_ms = expiry_step_expected_ms(&sweep->part->expiry, now_ms);
    char prefix[KEY_PREFIX_MAX], due[KEY_PREFIX_MAX + 8], ends[KEY_PREFIX_MAX + 8], fresh[EPOCH_LEN + 1];
    struct script_call call;

    script_prefix(prefix, sweep->partition);
    strcat(strcpy(due, prefix), "due");
    strcat(strcpy(ends, prefix), "ends");
    presence_fresh_epoch(self, fresh);
    script_call_init(&call, SCRIPT_EXPIRE);
    script_call_key(&call, due);
    script_call_key(&call, ends);
    script_call_text(&call, prefix);
    script_call_int_if(&call, expected_ms > 0, expected_ms);
    script_call_int(&call, EXPIRY_LEAP_TOLERANCE_MS);
    script_call_text(&call, expiry_step_held(&sweep->part->expiry, now_ms) ? "1" : "0");
    script_call_int(&call, expiry_longest_lease_ms(self->conf));
    script_call_int(&call, LIMIT_EXPIRE_BATCH);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_text(&call, fresh);
    script_call_send(&call, self->redis, on_expired, sweep);
}

void expiry_init(struct presence *self)
{
    for (unsigned i = 0; i < presence_part_count(self); i++)
        expiry_step_init(&self->parts[i].expiry, longest_lease_ms(self->conf),
                         IDS_PARTITIONS / presence_part_count(self));
}

void expiry_share(struct presence *self)
{
    for (unsigned i = 0; i < presence_part_count(self); i++)
        expiry_step_follow(&self->parts[i].expiry, atomic_load(&self->shared->steady_ms));
}

/* Has the leases of part I lapse. */
static void sweep(struct presence *self, unsigned i)
{
    unsigned count = IDS_PARTITIONS / presence_part_count(self);

    for (unsigned partition = i * count; partition < (i + 1) * count; partition++) {
        struct sweep *sweep = mem_new(sizeof *sweep);
        *sweep = (struct sweep){self, &self->parts[i], partition};
        expire(sweep);
    }
}

void expiry_tick(struct presence *self, int64_t now_ms)
{
    if (self->follows)
        return;
    bool known = directory_revision(self->directory) >= 0;
    for (unsigned i = 0; i < presence_part_count(self); i++)
        if (expiry_step_tick(&self->parts[i].expiry, redis_router_up(self->redis, i), known, now_ms).run)
            sweep(self, i);
}

void expiry_saw(struct presence *self, const char *workspace, int64_t redis_ms)
{
    if (self->follows)
        expiry_step_saw(&self->parts[presence_part_of(self, workspace)].expiry, redis_ms, clock_mono_ms());
}

int64_t expiry_redis_ms(const struct presence *self, const char *workspace)
{
    return expiry_step_expected_ms(step_of(self, workspace), clock_mono_ms());
}

int64_t expiry_latest_ms(const struct presence *self)
{
    int64_t latest_ms = 0;
    int64_t now_ms = clock_mono_ms();

    for (unsigned i = 0; i < presence_part_count(self); i++) {
        int64_t redis_ms = expiry_step_expected_ms(&self->parts[i].expiry, now_ms);
        latest_ms = redis_ms > latest_ms ? redis_ms : latest_ms;
    }
    return latest_ms;
}

int64_t presence_now_ms(const struct presence *self, const char *workspace)
{
    return expiry_redis_ms(self, workspace);
}

int64_t presence_shown_ms(const struct presence *self, const char *workspace)
{
    int64_t shown_ms = expiry_step_shown_ms(step_of(self, workspace), clock_mono_ms());

    return shown_ms > 0 ? shown_ms : clock_wall_ms();
}

struct expiry_now expiry_now(const struct presence *self, const char *workspace)
{
    const struct expiry_step *step = step_of(self, workspace);
    int64_t now_ms = clock_mono_ms();

    return (struct expiry_now){expiry_step_asked_ms(step, now_ms), expiry_step_judged_ms(step, now_ms)};
}

/* Part I is at the server with REPLID. If it was at another one, that had another clock. */
static void find_part(struct presence *self, unsigned i, const char *replid, int64_t now_ms)
{
    struct presence_part *part = &self->parts[i];
    bool moved = self->clustered && *part->replid && strcmp(part->replid, replid) != 0;

    snprintf(part->replid, sizeof part->replid, "%s", replid);
    if (moved) {
        const char *why = expiry_step_moved(&part->expiry, now_ms).held;
        if (why && !self->follows)
            note_hold(self, i, why);
    }
    expiry_step_heard(&part->expiry, now_ms);
}

void expiry_found(struct presence *self, uint64_t partitions, const char *replid)
{
    for (unsigned i = 0; i < presence_part_count(self); i++)
        if ((partitions >> i & 1) != 0)
            find_part(self, i, replid, clock_mono_ms());
}

void expiry_up(struct presence *self)
{
    expiry_tick(self, clock_mono_ms());
}

void expiry_down(struct presence *self, uint64_t partitions)
{
    for (unsigned i = 0; i < presence_part_count(self); i++) {
        if ((partitions >> i & 1) == 0)
            continue;
        expiry_step_lost(&self->parts[i].expiry, clock_mono_ms());
        presence_looked(self, i);
    }
}

bool presence_away(const struct presence *self, const char *workspace)
{
    return expiry_step_away(step_of(self, workspace));
}

bool presence_all_away(const struct presence *self)
{
    for (unsigned i = 0; i < presence_part_count(self); i++)
        if (!expiry_step_away(&self->parts[i].expiry))
            return false;
    return true;
}
