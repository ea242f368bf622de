/* SPDX-License-Identifier: ISC */
/* See presence.h. A deleted workspace's keys go, and stay away: a call that began them again drops them again. */
#include "directory/directory.h"
#include "directory/workspaces.h"
#include "presence/pending.h"
#include "presence/script_call.h"

#include <string.h>

enum { DROP_BATCH = 256 }; /* users whose keys go in one call */

static void drop_portion(struct pending *pending);

static void on_drop(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    bool more;

    if (pending_failed(pending, result))
        return;
    if (!answer_drop(value, &more))
        pending_odd(pending, SCRIPT_DROP);
    else if (more)
        drop_portion(pending);
    else
        pending_finish(pending, &(struct presence_reply){0});
}

static void drop_portion(struct pending *pending)
{
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, pending->about.workspace, NULL);
    script_call_init(&call, SCRIPT_DROP);
    script_call_key(&call, keys.due);
    script_call_state_keys(&call, &keys);
    script_call_key(&call, keys.ends);
    script_call_text(&call, keys.prefix);
    script_call_text(&call, pending->about.workspace);
    script_call_int(&call, DROP_BATCH);
    script_call_text(&call, pending->about.user);
    script_call_send(&call, pending->presence->redis, on_drop, pending);
}

void presence_drop(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    drop_portion(pending_new(self, workspace, user, done, ctx));
}

bool presence_may_begin(struct presence *self, const char *workspace, const char *user)
{
    if (directory_has_workspace(self->directory, workspace) != DIRECTORY_NOT_FOUND)
        return true;
    presence_drop(self, workspace, user, NULL, NULL);
    return false;
}

/* A drop that fails is noted again. The workspace may have been made again meanwhile. */
void drop_tick(struct presence *self)
{
    struct leftover leftover;
    bool known = directory_revision(self->directory) >= 0;

    if (known && leftover_take(self, &leftover))
        presence_may_begin(self, leftover.workspace, leftover.user);
}
