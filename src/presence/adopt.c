/* SPDX-License-Identifier: ISC */
/*
 * A slow walk through all workspaces that gives a lease to users who are shown and have none: what keeps a lost key from showing
 * people for ever. It ends nobody's presence itself: expiry does, with all that holds it.
 */
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/conf.h"
#include "base/log.h"
#include "directory/directory.h"

#include <string.h>

enum { ADOPT_BATCH = 32 }; /* entries looked at in one tick: less than 0.1 ms of Redis */

static void take_workspace(void *ctx, const struct workspace_row *row)
{
    struct adoption *self = ctx;

    strncpy(self->workspace, row->id, IDS_WORKSPACE_MAX);
    self->walking = true;
}

/* The next workspace, from its first entry; after the last one a tick without any. */
static void next_workspace(struct presence *self)
{
    struct adoption *adoption = &self->adoption;

    adoption->after_seq = 0;
    adoption->until_seq = -1;
    directory_each_workspace(self->directory, adoption->workspace, 1, take_workspace, adoption);
    if (!adoption->walking)
        adoption->workspace[0] = '\0';
}

static void on_adopted(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct presence *self = ctx;
    struct adoption *adoption = &self->adoption;
    struct answer_adopt answer = {.next_seq = -1};

    adoption->asking = false;
    if (result == REDIS_OK && !answer_adopt(value, adoption->after_seq, ADOPT_BATCH, &answer)) {
        presence_odd_answer(self, SCRIPT_ADOPT);
        result = REDIS_ERROR;
    }
    if (result == REDIS_OK && answer.adopted > 0)
        log_warn("workspace %s: %lld user(s) were shown without a lease, and have one again", adoption->workspace,
                 (long long)answer.adopted);
    /* What cannot be looked at now is in the next round. */
    adoption->walking = result == REDIS_OK && answer.next_seq >= 0;
    adoption->after_seq = answer.next_seq;
    adoption->until_seq = answer.until_seq;
}

static void ask(struct presence *self)
{
    struct adoption *adoption = &self->adoption;
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, adoption->workspace, NULL);
    script_call_init(&call, SCRIPT_ADOPT);
    script_call_state_keys(&call, &keys);
    script_call_key(&call, keys.due);
    script_call_text(&call, keys.prefix);
    script_call_text(&call, adoption->workspace);
    script_call_int(&call, adoption->after_seq);
    script_call_int_if(&call, adoption->until_seq >= 0, adoption->until_seq);
    script_call_int(&call, ADOPT_BATCH);
    script_call_int(&call, expiry_longest_lease_ms(self->conf));
    script_call_int(&call, self->conf->ttl_s * 1000L);
    adoption->asking = true;
    script_call_send(&call, self->redis, on_adopted, self);
}

void adopt_tick(struct presence *self)
{
    struct adoption *adoption = &self->adoption;

    if (adoption->asking || !redis_up(self->redis))
        return;
    if (!adoption->walking)
        next_workspace(self);
    if (adoption->walking)
        ask(self);
}
