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

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One partition's part of a round. */
struct sweep {
    struct presence *presence; /* borrowed */
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

/* What a partition's answer, or failure, leads to. */
static void perform(struct sweep *sweep, struct expiry_actions actions)
{
    struct presence *self = sweep->presence;

    if (actions.held) {
        self->stats.holds++;
        log_warn("expiry is held for %u s: %s", (unsigned)(longest_lease_ms(self->conf) / 1000), actions.held);
    }
    if (actions.again)
        expire(sweep);
    else
        free(sweep);
    if (!actions.over)
        return;
    if (self->shared && expiry_step_steady(&self->expiry))
        atomic_store(&self->shared->steady_ms, clock_mono_ms());
    presence_announce(self);
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
    struct expiry_step *step = &sweep->presence->expiry;
    int64_t now_ms = clock_mono_ms();
    struct answer_expire answer;

    if (result == REDIS_OK && !answer_expire(value, LIMIT_EXPIRE_BATCH, &answer)) {
        presence_odd_answer(sweep->presence, SCRIPT_EXPIRE);
        result = REDIS_ERROR;
    }
    if (result != REDIS_OK) {
        perform(sweep, expiry_step_failed(step, redis_up(sweep->presence->redis), now_ms));
        return;
    }
    note(sweep, &answer);
    struct expiry_answer taken = {answer.now_ms, answer.leapt, answer.taken == LIMIT_EXPIRE_BATCH};
    perform(sweep, expiry_step_answered(step, &taken, now_ms));
}

static void expire(struct sweep *sweep)
{
    struct presence *self = sweep->presence;
    int64_t now_ms = clock_mono_ms();
    int64_t expected_ms = expiry_step_expected_ms(&self->expiry, now_ms);
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
    script_call_text(&call, expiry_step_held(&self->expiry, now_ms) ? "1" : "0");
    script_call_int(&call, expiry_longest_lease_ms(self->conf));
    script_call_int(&call, LIMIT_EXPIRE_BATCH);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_text(&call, fresh);
    script_call_send(&call, self->redis, on_expired, sweep);
}

void expiry_init(struct presence *self)
{
    expiry_step_init(&self->expiry, longest_lease_ms(self->conf), IDS_PARTITIONS);
}

void expiry_share(struct presence *self)
{
    expiry_step_follow(&self->expiry, atomic_load(&self->shared->steady_ms));
}

void expiry_tick(struct presence *self, int64_t now_ms)
{
    bool known = directory_revision(self->directory) >= 0;

    if (!expiry_step_tick(&self->expiry, redis_up(self->redis), known, now_ms).run)
        return;
    for (unsigned partition = 0; partition < IDS_PARTITIONS; partition++) {
        struct sweep *sweep = mem_new(sizeof *sweep);
        sweep->presence = self;
        sweep->partition = partition;
        expire(sweep);
    }
}

int64_t expiry_redis_ms(const struct presence *self)
{
    return expiry_step_expected_ms(&self->expiry, clock_mono_ms());
}

int64_t presence_now_ms(const struct presence *self)
{
    return expiry_redis_ms(self);
}

struct expiry_now expiry_now(const struct presence *self)
{
    int64_t now_ms = clock_mono_ms();

    return (struct expiry_now){expiry_step_asked_ms(&self->expiry, now_ms),
                               expiry_step_judged_ms(&self->expiry, now_ms)};
}

void expiry_up(struct presence *self)
{
    int64_t now_ms = clock_mono_ms();

    expiry_step_heard(&self->expiry, now_ms);
    expiry_tick(self, now_ms);
}

void expiry_down(struct presence *self)
{
    expiry_step_lost(&self->expiry, clock_mono_ms());
}

bool presence_away(const struct presence *self)
{
    return expiry_step_away(&self->expiry);
}
