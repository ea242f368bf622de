/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. One function a script: it sends the arguments, reads the reply, and takes the change into the view.
 */
#include "presence/effects.h"
#include "presence/script_call.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
    effects_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    effects_take(pending, &answer);
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
