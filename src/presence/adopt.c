/* SPDX-License-Identifier: ISC */
/*
 * Users who are shown and have no lease get one (lua/adopt.lua): a lost key would show them forever. A slow walk
 * through all workspaces, one portion a tick. It takes nobody offline itself. Expiry does that, by its own rules for
 * when leases may lapse.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/conf.h"
#include "base/log.h"

enum { ADOPT_BATCH = 32 }; /* entries looked at in one tick: less than 0.1 ms of Redis */

static void on_adopted(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct presence *self = ctx;
    struct walk *walk = &self->adopt_walk;
    struct answer_adopt answer = {.next_seq = -1};

    if (result == REDIS_OK && !answer_adopt(value, walk->at, ADOPT_BATCH, &answer)) {
        presence_odd_answer(self, SCRIPT_ADOPT);
        result = REDIS_ERROR;
    }
    if (result == REDIS_OK && answer.adopted > 0)
        log_warn("workspace %s: %lld user(s) were shown without a lease; they have one again", walk->workspace,
                 (long long)answer.adopted);
    self->adopt_until_seq = answer.until_seq;
    walk_answered(walk, result == REDIS_OK ? answer.next_seq : -1);
}

static void adopt_portion(struct presence *self)
{
    struct walk *walk = &self->adopt_walk;
    bool begun = walk->at > 0;
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, walk->workspace, NULL);
    script_call_init(&call, SCRIPT_ADOPT);
    script_call_state_keys(&call, &keys);
    script_call_key(&call, keys.due);
    script_call_text(&call, keys.prefix);
    script_call_text(&call, walk->workspace);
    script_call_int(&call, walk->at);
    script_call_int_if(&call, begun, self->adopt_until_seq);
    script_call_int(&call, ADOPT_BATCH);
    script_call_int(&call, expiry_longest_lease_ms(self->conf));
    script_call_int(&call, self->conf->ttl_s * 1000L);
    walk_ask(walk);
    script_call_send(&call, self->redis, on_adopted, self);
}

void adopt_tick(struct presence *self)
{
    struct walk *walk = &self->adopt_walk;

    if (walk->asking || !redis_router_some_up(self->redis))
        return;
    if (!walk->inside)
        presence_next_workspace(self, walk);
    if (walk->inside)
        adopt_portion(self);
}
