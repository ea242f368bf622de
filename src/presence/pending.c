/* SPDX-License-Identifier: ISC */
/* See pending.h. */
#include "presence/pending.h"

#include "base/mem.h"
#include "redis/redis.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ID into OUT of SIZE bytes. A longer id would have been refused where it came in, so it is our own fault. */
static void copy_id(char *out, size_t size, const char *id)
{
    size_t len = strlen(id);

    assert(len < size);
    memcpy(out, id, len + 1);
}

struct pending *pending_new(struct presence *presence, const char *workspace, const char *user, presence_reply_fn *done,
                            void *ctx)
{
    struct pending *self = mem_new(sizeof *self);

    self->presence = presence;
    self->done = done;
    self->ctx = ctx;
    self->sent = presence_up(presence, workspace);
    presence_fresh_epoch(presence, self->fresh);
    copy_id(self->about.workspace, sizeof self->about.workspace, workspace);
    if (user)
        copy_id(self->about.user, sizeof self->about.user, user);
    return self;
}

void pending_keep_beat(struct pending *self, const struct beat *beat)
{
    copy_id(self->session, sizeof self->session, beat->session);
    self->beat = *beat;
    self->beat.workspace = self->about.workspace;
    self->beat.user = self->about.user;
    self->beat.session = self->session;
}

void pending_finish(struct pending *self, const struct presence_reply *reply)
{
    if (self->done)
        self->done(self->ctx, reply);
    free(self->said);
    free(self);
}

static void on_told(void *ctx)
{
    struct pending *self = ctx;

    pending_finish(self, &self->reply);
}

void pending_finish_told(struct pending *self, const struct presence_reply *reply)
{
    self->reply = *reply;
    presence_settle(self->presence, self->about.workspace, on_told, self);
}

bool pending_failed(struct pending *self, enum redis_result result)
{
    struct presence_reply reply = {.result = PRESENCE_UNAVAILABLE};

    if (result == REDIS_OK)
        return false;
    if (self->sent)
        leftover_note(self->presence, &self->about);
    pending_finish(self, &reply);
    return true;
}

void pending_odd(struct pending *self, enum script script)
{
    presence_odd_answer(self->presence, script);
    pending_failed(self, REDIS_ERROR);
}
