/* SPDX-License-Identifier: ISC */
/* See effects.h. */
#include "presence/effects.h"

#include "presence/script_call.h"

#include "directory/members.h"

#include <string.h>

void effects_cursor(const struct pending *pending, const struct answer *answer, struct cursor *cursor)
{
    presence_epoch(pending->presence, pending->about.workspace, answer->epoch, cursor->epoch);
    cursor->seq = answer->seq;
}

/* The change that a script made to its user goes into the view. */
static void take_change(struct pending *pending, const struct answer *answer)
{
    struct change change = answer->change;

    if (change.seq == 0)
        return;
    change.key = pending->about.user;
    change.key_len = strlen(pending->about.user);
    view_sync_change(pending->presence, pending->about.workspace, answer->epoch, &change);
}

void effects_take(struct pending *pending, const struct answer *answer)
{
    struct presence *self = pending->presence;
    const struct leftover *about = &pending->about;
    bool shown = answer->change.seq > 0 && answer->change.status != STATUS_OFFLINE;
    bool began = strcmp(answer->epoch, pending->fresh) == 0;

    take_change(pending, answer);
    if (began && !presence_may_begin(self, about->workspace, about->user))
        return;
    if (shown && !answer->alive &&
        directory_has_member(self->directory, about->workspace, about->user) == DIRECTORY_NOT_FOUND)
        presence_evict(self, about->workspace, about->user, NULL, NULL);
}

void effects_on_leave(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer answer;

    if (pending_failed(pending, result))
        return;
    if (!answer_leave(value, &answer)) {
        pending_odd(pending, SCRIPT_LEAVE);
        return;
    }
    reply.result = answer.result;
    effects_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    effects_take(pending, &answer);
    if (answer.told)
        pending_finish_told(pending, &reply);
    else
        pending_finish(pending, &reply);
}

void presence_evict(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    struct pending *pending = pending_new(self, workspace, user, done, ctx);
    struct script_keys keys;
    struct script_call call;

    recent_forget_user(&self->recents, workspace, user);
    script_keys_init(&keys, workspace, user);
    script_call_init(&call, SCRIPT_EVICT);
    script_call_user_keys(&call, &keys);
    script_call_key(&call, keys.ends);
    script_call_text(&call, workspace);
    script_call_text(&call, user);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    script_call_send(&call, self->redis, effects_on_leave, pending);
}
