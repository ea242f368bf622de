/* SPDX-License-Identifier: ISC */
/*
 * Users who have been offline for the retention, and old marks, are forgotten (lua/prune.lua): slowly, one workspace
 * after another, each at once in portions.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/conf.h"

enum {
    PRUNE_BATCH = 64,         /* entries looked at in one call */
    PRUNE_SLOWEST_MS = 30000, /* between two workspaces */
    PRUNE_FASTEST_MS = 500,
};

static void prune_portion(struct presence *self);

/* The last time that was heard of from the Redis that has WORKSPACE. */
static int64_t redis_ms(const struct presence *self, const char *workspace)
{
    return self->parts[presence_part_of(self, workspace)].expiry.redis_ms;
}

static void on_pruned(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct presence *self = ctx;
    struct walk *walk = &self->prune_walk;
    int64_t next_rank = -1;

    if (result == REDIS_OK && !answer_prune(value, walk->at, PRUNE_BATCH, &next_rank)) {
        presence_odd_answer(self, SCRIPT_PRUNE);
        next_rank = -1;
    }
    walk_answered(walk, next_rank);
    if (walk->inside)
        prune_portion(self);
}

static void prune_portion(struct presence *self)
{
    struct walk *walk = &self->prune_walk;
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, walk->workspace, NULL);
    script_call_init(&call, SCRIPT_PRUNE);
    script_call_state_keys(&call, &keys);
    script_call_int(&call, redis_ms(self, walk->workspace) - self->conf->retention_s * INT64_C(1000));
    script_call_int(&call, walk->at);
    script_call_int(&call, PRUNE_BATCH);
    walk_ask(walk);
    script_call_send(&call, self->redis, on_pruned, self);
}

/* One retention suffices for a hundred workspaces, and for more the longer it is. */
int64_t prune_pause_ms(int64_t retention_s)
{
    int64_t pause_ms = retention_s * 10;

    if (pause_ms > PRUNE_SLOWEST_MS)
        return PRUNE_SLOWEST_MS;
    return pause_ms < PRUNE_FASTEST_MS ? PRUNE_FASTEST_MS : pause_ms;
}

void prune_tick(struct presence *self, int64_t now_ms)
{
    struct walk *walk = &self->prune_walk;

    if (now_ms < self->prune_due_ms || walk->inside || !redis_router_some_up(self->redis))
        return;
    self->prune_due_ms = now_ms + prune_pause_ms(self->conf->retention_s);
    presence_next_workspace(self, walk);
    if (walk->inside && redis_ms(self, walk->workspace) == 0)
        walk_answered(walk, -1);
    if (walk->inside)
        prune_portion(self);
}
