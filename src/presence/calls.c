/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. One function a script: it sends the arguments, reads the reply, and takes the change into the view.
 */
#include "presence/pending.h"
#include "presence/script_call.h"

#include "base/conf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/members.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_cursor(const struct pending *pending, const struct answer *answer, struct cursor *cursor)
{
    presence_epoch(pending->presence, answer->epoch, cursor->epoch);
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

/* Takes what ANSWER changed. A user whose beat overtook their removal is shown again: then the removal is repeated. */
static void take_effects(struct pending *pending, const struct answer *answer)
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

/* ---- beat ---- */

static void on_beat(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer answer;

    if (pending_failed(pending, result))
        return;
    if (!answer_beat(value, &answer)) {
        pending_odd(pending, SCRIPT_BEAT);
        return;
    }
    reply.result = answer.result;
    take_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    reply.alive = answer.alive;
    reply.beat = answer.beat;
    reply.waited_ms = answer.beat > 0 && answer.now_ms > answer.beat / 1000 ? answer.now_ms - answer.beat / 1000 : 0;
    reply.changed = answer.change.seq > 0;
    take_effects(pending, &answer);
    pending_finish(pending, &reply);
}

static long lease_ms(const struct conf *conf, enum beat_kind kind)
{
    return kind == BEAT_POLL ? conf_poll_lease_ms(conf) : conf->ttl_s * 1000L;
}

/*
 * What a poll leaves with its session: this worker's name, with a + if it is a stream. Otherwise, if it has no count,
 * with the status that it says, so that it is known if it is sent again. The result is "" for other beats.
 */
static const char *holder(const struct presence *self, const struct beat *beat, char text[WORKER_NAME_LEN + 3])
{
    const char *name = self->worker_channel + sizeof "rollcall:worker:" - 1;

    if (beat->kind != BEAT_POLL)
        return "";
    if (beat->stream)
        return self->stream_worker;
    if (beat->n >= 0 || beat->status == STATUS_OFFLINE)
        return name;
    snprintf(text, WORKER_NAME_LEN + 3, "%s/%d", name, (int)beat->status);
    return text;
}

void presence_beat(struct presence *self, const struct beat *beat, presence_reply_fn *done, void *ctx)
{
    static const char *const kinds[] = {"join", "heartbeat", "poll"};
    struct pending *pending = pending_new(self, beat->workspace, beat->user, done, ctx);
    const struct expiry_now now = expiry_now(self);
    char held_by[WORKER_NAME_LEN + 3];
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, beat->workspace, beat->user);
    script_call_init(&call, SCRIPT_BEAT);
    script_call_user_keys(&call, &keys);
    script_call_text(&call, beat->workspace);
    script_call_text(&call, beat->user);
    script_call_text(&call, beat->session);
    script_call_text(&call, kinds[beat->kind]);
    script_call_text(&call, beat->status == STATUS_OFFLINE ? "" : status_name(beat->status));
    script_call_int(&call, lease_ms(self->conf, beat->kind));
    script_call_int_if(&call, beat->n >= 0, beat->n);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    script_call_text(&call, holder(self, beat, held_by));
    script_call_int_if(&call, now.asked_ms > 0, now.asked_ms);
    /* One argument instead of four: each argument costs every beat. */
    script_call_ints(&call,
                     (const int64_t[]){LIMIT_SESSIONS_PER_USER, LIMIT_TOMBSTONES_PER_USER, now.held, beat->wait_ms}, 4);
    script_call_send(&call, self->redis, on_beat, pending);
}

/* ---- leave, evict ---- */

static void on_leave(void *ctx, enum redis_result result, const struct redis_value *value)
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
    take_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    take_effects(pending, &answer);
    pending_finish(pending, &reply);
}

void presence_leave(struct presence *self, const struct leave *leave, presence_reply_fn *done, void *ctx)
{
    static const char *const modes[] = {"now", "grace", "closed"};
    struct pending *pending = pending_new(self, leave->workspace, leave->user, done, ctx);
    unsigned grace_s = leave->mode == LEAVE_CLOSED ? self->conf->closed_grace_s : self->conf->leave_grace_s;
    const struct expiry_now now = expiry_now(self);
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, leave->workspace, leave->user);
    script_call_init(&call, SCRIPT_LEAVE);
    script_call_user_keys(&call, &keys);
    script_call_text(&call, leave->workspace);
    script_call_text(&call, leave->user);
    script_call_text(&call, leave->session);
    script_call_text(&call, modes[leave->mode]);
    script_call_int(&call, grace_s * 1000L);
    script_call_int(&call, leave->beat);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    script_call_int(&call, LIMIT_TOMBSTONES_PER_USER);
    script_call_int_if(&call, now.asked_ms > 0, now.asked_ms);
    script_call_int(&call, now.held);
    script_call_int_if(&call, leave->n >= 0, leave->n);
    script_call_send(&call, self->redis, on_leave, pending);
}

void presence_evict(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    struct pending *pending = pending_new(self, workspace, user, done, ctx);
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, workspace, user);
    script_call_init(&call, SCRIPT_EVICT);
    script_call_user_keys(&call, &keys);
    script_call_text(&call, workspace);
    script_call_text(&call, user);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    script_call_send(&call, self->redis, on_leave, pending);
}

/* ---- marks ---- */

static void on_mark(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer answer;

    if (pending_failed(pending, result))
        return;
    if (!answer_mark(value, &answer)) {
        pending_odd(pending, SCRIPT_MARK);
        return;
    }
    take_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    take_effects(pending, &answer);
    pending_finish(pending, &reply);
}

/* A mark of USER's DMs into OUT: "\1" and the id. The roster's is "\1" alone, which no user's id can be. */
static void name_mark(char *out, const char *user)
{
    size_t len = strlen(user);

    assert(len <= IDS_USER_MAX);
    *out = '\1';
    memcpy(out + 1, user, len + 1);
}

void presence_mark(struct presence *self, const char *workspace, const struct presence_marks *marks,
                   presence_reply_fn *done, void *ctx)
{
    struct pending *pending = pending_new(self, workspace, NULL, done, ctx);
    size_t most = marks->count + 3; /* a fresh epoch, the channel, the roster */
    char(*names)[IDS_USER_MAX + 2] = mem_new((marks->count + 1) * sizeof *names);
    struct redis_arg *args = mem_new(most * sizeof *args);
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, workspace, NULL);
    script_call_init(&call, SCRIPT_MARK);
    script_call_use(&call, args, most);
    script_call_state_keys(&call, &keys);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    if (marks->roster)
        script_call_text(&call, "\1");
    for (size_t i = 0; i < marks->count; i++) {
        name_mark(names[i], marks->users[i]);
        script_call_text(&call, names[i]);
    }
    script_call_send(&call, self->redis, on_mark, pending);
    free(args);
    free(names);
}

/* ---- sessions ---- */

static void on_sessions(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer_sessions answer;

    if (pending_failed(pending, result))
        return;
    if (!answer_sessions(value, &answer)) {
        pending_odd(pending, SCRIPT_SESSIONS);
        return;
    }
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    for (size_t i = 0; i < answer.count; i++) {
        struct session_row row = answer_session(value, i);
        if (ids_session_ok(row.session, strlen(row.session))) /* "?" stands for a session whose record was lost */
            pending->on_session(pending->ctx, &row);
    }
    pending_finish(pending, &reply);
}

void presence_sessions(struct presence *self, const char *workspace, const char *user,
                       const struct session_reader *reader)
{
    struct pending *pending = pending_new(self, workspace, user, reader->on_end, reader->ctx);
    struct script_keys keys;
    struct script_call call;

    pending->on_session = reader->on_session;
    script_keys_init(&keys, workspace, user);
    script_call_init(&call, SCRIPT_SESSIONS);
    script_call_key(&call, keys.user);
    script_call_key(&call, keys.due);
    script_call_key(&call, keys.state);
    script_call_text(&call, workspace);
    script_call_text(&call, user);
    script_call_send(&call, self->redis, on_sessions, pending);
}
