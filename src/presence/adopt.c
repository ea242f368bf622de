/* SPDX-License-Identifier: ISC */
/*
 * A slow walk through all workspaces that gives a lease to users who are shown and have none: what keeps a lost key from showing
 * people for ever. It ends nobody's presence itself: expiry does, with all that holds it.
 */
#include "presence/presence_private.h"

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
    char after[24], until[24], batch[24], lease[24], ttl[24];

    script_keys_init(&keys, adoption->workspace, NULL);
    const struct redis_arg key_args[] = {script_text(keys.state), script_text(keys.changed), script_text(keys.meta),
                                         script_text(keys.due)};
    const struct redis_arg args[] = {
        script_text(keys.prefix),
        script_text(adoption->workspace),
        script_int(adoption->after_seq, after),
        adoption->until_seq < 0 ? script_text("") : script_int(adoption->until_seq, until),
        script_int(ADOPT_BATCH, batch),
        script_int(expiry_longest_lease_ms(self->conf), lease),
        script_int(self->conf->ttl_s * 1000L, ttl),
    };
    adoption->asking = true;
    redis_call(self->redis, SCRIPT_ADOPT, key_args, 4, args, sizeof args / sizeof *args, on_adopted, self);
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
