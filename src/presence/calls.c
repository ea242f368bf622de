/* SPDX-License-Identifier: ISC */
/* See presence.h. The scripts as calls: arguments going in, a reply coming out, the change it made taken into the view. */
#include "presence/presence_private.h"

#include "base/conf.h"
#include "base/decimal.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory.h"

#include <stdlib.h>
#include <string.h>

/* Portions in which a dropped workspace's keys go. */
enum { DROP_BATCH = 256 };

/* A call under way. */
struct call {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    presence_reply_fn *done;   /* or NULL */
    void *ctx;
    void (*on_session)(void *ctx, const struct session_row *row);
    char fresh[EPOCH_LEN + 1]; /* what it would begin the workspace with */
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1]; /* "" where there is none */
};

static struct call *call_new(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done,
                             void *ctx)
{
    struct call *call = mem_new(sizeof *call);

    call->presence = self;
    call->done = done;
    call->ctx = ctx;
    presence_fresh_epoch(self, call->fresh);
    strcpy(call->workspace, workspace);
    if (user)
        strcpy(call->user, user);
    return call;
}

static void call_finish(struct call *call, const struct presence_reply *reply)
{
    if (call->done)
        call->done(call->ctx, reply);
    free(call);
}

/* Ends CALL where RESULT is a failure. */
static bool call_failed(struct call *call, enum redis_result result)
{
    struct presence_reply reply = {.result = PRESENCE_UNAVAILABLE};

    if (result == REDIS_OK)
        return false;
    call_finish(call, &reply);
    return true;
}

/* Ends CALL, which got something else than its SCRIPT answers, as if Redis were out of reach. */
static void call_odd(struct call *call, enum script script)
{
    presence_odd_answer(call->presence, script);
    call_failed(call, REDIS_ERROR);
}

static void take_cursor(const struct call *call, const struct answer *answer, struct cursor *cursor)
{
    presence_epoch(call->presence, answer->epoch, cursor->epoch);
    cursor->seq = answer->seq;
}

/* The change that a script made to its user goes into the view. */
static void take_change(struct call *call, const struct answer *answer)
{
    struct change change = answer->change;

    if (change.seq == 0)
        return;
    change.key = call->user;
    change.key_len = strlen(call->user);
    room_change(call->presence, call->workspace, answer->epoch, &change);
}

/* What ANSWER brought about; with a user who was shown again behind their removal: that is undone. */
static void take_effects(struct call *call, const struct answer *answer)
{
    struct presence *self = call->presence;
    bool shown = answer->change.seq > 0 && answer->change.status != STATUS_OFFLINE;

    take_change(call, answer);
    if (presence_may_begin(self, call->workspace, call->user, answer->epoch, call->fresh) && shown && !answer->alive &&
        directory_has_member(self->directory, call->workspace, call->user) == DIRECTORY_NOT_FOUND)
        presence_evict(self, call->workspace, call->user, NULL, NULL);
}

/* ---- beat ---- */

static void on_beat(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};
    struct answer answer;

    if (call_failed(call, result))
        return;
    if (!answer_beat(value, &answer)) {
        call_odd(call, SCRIPT_BEAT);
        return;
    }
    reply.result = answer.result;
    take_cursor(call, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    reply.alive = answer.alive;
    reply.beat = answer.beat;
    reply.changed = answer.change.seq > 0;
    take_effects(call, &answer);
    call_finish(call, &reply);
}

static long lease_ms(const struct conf *conf, enum beat_kind kind)
{
    return kind == BEAT_POLL ? conf_poll_lease_ms(conf) : conf->ttl_s * 1000L;
}

/* Two numbers as one argument: each argument costs every beat. */
static struct redis_arg two_ints(int64_t a, int64_t b, char *buffer)
{
    size_t len = decimal_write(buffer, a);

    buffer[len++] = ' ';
    return (struct redis_arg){buffer, len + decimal_write(buffer + len, b)};
}

void presence_beat(struct presence *self, const struct beat *beat, presence_reply_fn *done, void *ctx)
{
    static const char *const kinds[] = {"join", "heartbeat", "poll"};
    struct call *call = call_new(self, beat->workspace, beat->user, done, ctx);
    struct script_keys keys;
    char lease[24], n[24], ttl[24], believed[24], limits[48];

    script_keys_init(&keys, beat->workspace, beat->user);
    const struct redis_arg key_args[] = {script_text(keys.due), script_text(keys.state), script_text(keys.changed),
                                         script_text(keys.meta), script_text(keys.user)};
    const struct redis_arg args[] = {
        script_text(beat->workspace),
        script_text(beat->user),
        script_text(beat->session),
        script_text(kinds[beat->kind]),
        script_text(beat->status == STATUS_OFFLINE ? "" : status_name(beat->status)),
        script_int(lease_ms(self->conf, beat->kind), lease),
        beat->n < 0 ? script_text("") : script_int(beat->n, n),
        script_int(self->conf->ttl_s * 1000L, ttl),
        script_text(call->fresh),
        script_text(keys.channel),
        script_text(beat->kind == BEAT_POLL ? self->worker_channel + sizeof "rollcall:worker:" - 1 : ""),
        expiry_believed(self, believed),
        two_ints(LIMIT_SESSIONS_PER_USER, LIMIT_TOMBSTONES_PER_USER, limits),
    };
    redis_call(self->redis, SCRIPT_BEAT, key_args, 5, args, sizeof args / sizeof *args, on_beat, call);
}

/* ---- leave, evict ---- */

static void on_leave(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};

    struct answer answer;

    if (call_failed(call, result))
        return;
    if (!answer_leave(value, &answer)) {
        call_odd(call, SCRIPT_LEAVE);
        return;
    }
    reply.result = answer.result;
    take_cursor(call, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    take_effects(call, &answer);
    call_finish(call, &reply);
}

void presence_leave(struct presence *self, const char *workspace, const char *user, const char *session,
                    enum leave_mode mode, int64_t beat, presence_reply_fn *done, void *ctx)
{
    static const char *const modes[] = {"now", "grace", "closed"};
    struct call *call = call_new(self, workspace, user, done, ctx);
    struct script_keys keys;
    char grace[24], number[24], ttl[24], tombstones[24], believed[24];
    unsigned grace_s = mode == LEAVE_CLOSED ? self->conf->closed_grace_s : self->conf->leave_grace_s;

    script_keys_init(&keys, workspace, user);
    const struct redis_arg key_args[] = {script_text(keys.due), script_text(keys.state), script_text(keys.changed),
                                         script_text(keys.meta), script_text(keys.user)};
    const struct redis_arg args[] = {
        script_text(workspace),
        script_text(user),
        script_text(session),
        script_text(modes[mode]),
        script_int(grace_s * 1000L, grace),
        script_int(beat, number),
        script_int(self->conf->ttl_s * 1000L, ttl),
        script_text(call->fresh),
        script_text(keys.channel),
        script_int(LIMIT_TOMBSTONES_PER_USER, tombstones),
        expiry_believed(self, believed),
    };
    redis_call(self->redis, SCRIPT_LEAVE, key_args, 5, args, sizeof args / sizeof *args, on_leave, call);
}

void presence_evict(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    struct call *call = call_new(self, workspace, user, done, ctx);
    struct script_keys keys;

    script_keys_init(&keys, workspace, user);
    const struct redis_arg key_args[] = {script_text(keys.due), script_text(keys.state), script_text(keys.changed),
                                         script_text(keys.meta), script_text(keys.user)};
    const struct redis_arg args[] = {script_text(workspace), script_text(user), script_text(call->fresh),
                                     script_text(keys.channel)};
    redis_call(self->redis, SCRIPT_EVICT, key_args, 5, args, 4, on_leave, call);
}

/* ---- marks ---- */

static void on_mark(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};

    struct answer answer;

    if (call_failed(call, result))
        return;
    if (!answer_mark(value, &answer)) {
        call_odd(call, SCRIPT_MARK);
        return;
    }
    take_cursor(call, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    take_effects(call, &answer);
    call_finish(call, &reply);
}

/* A mark's key is "\1" and a user's id, or "\1" alone for the roster. */
void presence_mark(struct presence *self, const char *workspace, const struct presence_marks *marks,
                   presence_reply_fn *done, void *ctx)
{
    struct call *call = call_new(self, workspace, NULL, done, ctx);
    struct script_keys keys;
    char(*names)[IDS_USER_MAX + 2] = mem_new((marks->count + 1) * sizeof *names);
    struct redis_arg *args = mem_new((marks->count + 3) * sizeof *args);
    size_t count = 0;

    script_keys_init(&keys, workspace, NULL);
    const struct redis_arg key_args[] = {script_text(keys.state), script_text(keys.changed), script_text(keys.meta)};
    args[count++] = script_text(call->fresh);
    args[count++] = script_text(keys.channel);
    if (marks->roster)
        args[count++] = script_text("\1");
    for (size_t i = 0; i < marks->count; i++) {
        names[i][0] = '\1';
        strcpy(names[i] + 1, marks->users[i]);
        args[count++] = script_text(names[i]);
    }
    redis_call(self->redis, SCRIPT_MARK, key_args, 3, args, count, on_mark, call);
    free(args);
    free(names);
}

/* ---- drop ---- */

static void drop_portion(struct call *call);

static void on_drop(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};

    bool more;

    if (call_failed(call, result))
        return;
    if (!answer_drop(value, &more))
        call_odd(call, SCRIPT_DROP);
    else if (more)
        drop_portion(call);
    else
        call_finish(call, &reply);
}

static void drop_portion(struct call *call)
{
    struct script_keys keys;
    char batch[24];

    script_keys_init(&keys, call->workspace, NULL);
    const struct redis_arg key_args[] = {script_text(keys.due), script_text(keys.state), script_text(keys.changed),
                                         script_text(keys.meta)};
    const struct redis_arg args[] = {script_text(keys.prefix), script_text(call->workspace),
                                     script_int(DROP_BATCH, batch), script_text(call->user)};
    redis_call(call->presence->redis, SCRIPT_DROP, key_args, 4, args, 4, on_drop, call);
}

void presence_drop(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    drop_portion(call_new(self, workspace, user, done, ctx));
}

/* ---- sessions ---- */

static void on_sessions(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};
    struct answer_sessions answer;

    if (call_failed(call, result))
        return;
    if (!answer_sessions(value, &answer)) {
        call_odd(call, SCRIPT_SESSIONS);
        return;
    }
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    for (size_t i = 0; i < answer.count; i++) {
        struct session_row row = answer_session(value, i);
        if (ids_session_ok(row.session, strlen(row.session))) /* "?" stands for one whose record was lost */
            call->on_session(call->ctx, &row);
    }
    call_finish(call, &reply);
}

void presence_sessions(struct presence *self, const char *workspace, const char *user,
                       void (*fn)(void *ctx, const struct session_row *row), presence_reply_fn *done, void *ctx)
{
    struct script_keys keys;
    struct call *call = call_new(self, workspace, user, done, ctx);

    call->on_session = fn;
    script_keys_init(&keys, workspace, user);
    const struct redis_arg key_args[] = {script_text(keys.user), script_text(keys.due), script_text(keys.state)};
    const struct redis_arg args[] = {script_text(workspace), script_text(user)};
    redis_call(self->redis, SCRIPT_SESSIONS, key_args, 3, args, 2, on_sessions, call);
}
