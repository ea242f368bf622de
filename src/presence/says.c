/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. What users say by hand: the directory has the truth, and Redis a copy of it, which the scripts work
 * with. Here a copy is made, or read.
 */
#include "presence/says.h"

#include "presence/effects.h"
#include "presence/script_call.h"

#include "base/conf.h"
#include "base/decimal.h"
#include "directory/statuses.h"
#include "view/layers.h"

/* ---- the schedule ---- */

static void take_row(void *ctx, const struct status_row *row)
{
    struct said_text *said = ctx;

    said->rev = row->rev;
    layers_schedule(row, &said->schedule);
}

bool said_text_read(const struct presence *self, const char *workspace, const char *user, struct said_text *out)
{
    buf_init(&out->schedule);
    out->rev = 0;
    enum directory_result result = directory_get_status(self->directory, workspace, user, take_row, out);

    return result == DIRECTORY_OK || result == DIRECTORY_NOT_FOUND;
}

void said_text_fini(struct said_text *said)
{
    buf_fini(&said->schedule);
}

/* ---- say ---- */

static void on_say(void *ctx, enum redis_result result, const struct redis_value *value);

static void send_say(struct pending *pending, const char *schedule, int64_t rev)
{
    struct presence *self = pending->presence;
    const struct expiry_now now = expiry_now(self, pending->about.workspace);
    struct script_keys keys;
    struct script_call call;

    pending->said_rev = rev;
    script_keys_init(&keys, pending->about.workspace, pending->about.user);
    script_call_init(&call, SCRIPT_SAY);
    script_call_user_keys(&call, &keys);
    script_call_key(&call, keys.ends);
    script_call_text(&call, pending->about.workspace);
    script_call_text(&call, pending->about.user);
    script_call_text(&call, schedule);
    script_call_int(&call, now.held_ms);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_int_if(&call, now.asked_ms > 0, now.asked_ms);
    script_call_send(&call, self->redis, on_say, pending);
}

/* Nothing is said, since REV; the directory has no row. */
static void send_nothing(struct pending *pending, int64_t rev)
{
    char schedule[DECIMAL_MAX + sizeof " 0\n0 - "];

    strcpy(schedule + decimal_write(schedule, rev), " 0\n0 - ");
    send_say(pending, schedule, 0);
}

void says_check(const struct pending *pending)
{
    struct presence *self = pending->presence;
    const struct leftover *about = &pending->about;
    struct said_text said;

    if (said_text_read(self, about->workspace, about->user, &said) && said.rev != pending->said_rev) {
        struct pending *again = pending_new(self, about->workspace, about->user, NULL, NULL);
        if (said.rev > 0)
            send_say(again, buf_text(&said.schedule), said.rev);
        else if (pending->said_rev > 0) /* the member was removed */
            send_nothing(again, pending->said_rev + 1);
        else
            pending_finish(again, NULL);
    }
    said_text_fini(&said);
}

static void on_say(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer answer;
    bool good = result == REDIS_OK && answer_say(value, &answer);

    if (result == REDIS_UNAVAILABLE || (good && answer.result == PRESENCE_UNAVAILABLE))
        untold_note(pending->presence, &pending->about);
    if (pending_failed(pending, result))
        return;
    if (!good) {
        pending_odd(pending, SCRIPT_SAY);
        return;
    }
    reply.result = answer.result;
    effects_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    reply.shown = answer.shown;
    reply.own_rev = answer.own_rev;
    reply.changed = answer.change.seq > 0;
    /* First what is the user's own, as other workers hear it: then their polls are told both in one answer. */
    if (answer.result == PRESENCE_OK)
        presence_own_news(pending->presence, pending->about.workspace, pending->about.user, answer.own_rev);
    effects_take(pending, &answer);
    if (answer.result == PRESENCE_OK)
        says_check(pending);
    pending_finish(pending, &reply);
}

/* What the user of PENDING, which is answered, says. */
static void say(struct pending *pending)
{
    struct presence *self = pending->presence;
    const struct leftover *about = &pending->about;
    struct said_text said;

    if (!said_text_read(self, about->workspace, about->user, &said)) {
        untold_note(self, about);
        pending_failed(pending, REDIS_UNAVAILABLE);
    } else if (said.rev == 0) {
        send_nothing(pending, about->rev > 0 ? about->rev + 1 : 0);
    } else {
        send_say(pending, buf_text(&said.schedule), said.rev);
    }
    said_text_fini(&said);
}

void presence_say(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    say(pending_new(self, workspace, user, done, ctx));
}

void presence_say_after(struct presence *self, const char *workspace, const char *user, int64_t rev)
{
    struct pending *pending = pending_new(self, workspace, user, NULL, NULL);

    pending->about.rev = rev;
    say(pending);
}

void says_row(struct presence *self, const struct status_row *row, presence_reply_fn *done, void *ctx)
{
    struct pending *pending = pending_new(self, row->workspace, row->user, done, ctx);
    struct buf schedule;

    buf_init(&schedule);
    layers_schedule(row, &schedule);
    send_say(pending, buf_text(&schedule), row->rev);
    buf_fini(&schedule);
}

/* ---- own ---- */

static void on_own(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer_own answer;

    if (pending_failed(pending, result))
        return;
    if (!answer_own(value, &answer)) {
        pending_odd(pending, SCRIPT_OWN);
        return;
    }
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    reply.shown = answer.shown;
    reply.own_rev = answer.rev;
    pending_finish(pending, &reply);
}

void presence_own(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    struct pending *pending = pending_new(self, workspace, user, done, ctx);
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, workspace, user);
    script_call_init(&call, SCRIPT_OWN);
    script_call_key(&call, keys.user);
    script_call_key(&call, keys.due);
    script_call_key(&call, keys.state);
    script_call_text(&call, workspace);
    script_call_text(&call, user);
    script_call_send(&call, self->redis, on_own, pending);
}
