/* SPDX-License-Identifier: ISC */
/* See presence.h. The scripts as calls: arguments going in, a reply coming out, the change it made taken into the view. */
#include "presence/internal.h"

#include "base/conf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

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

static const char *text_at(const struct redis_value *value, size_t index)
{
    const char *text = redis_value_text(redis_value_at(value, index), NULL);

    return text ? text : "";
}

static int64_t int_at(const struct redis_value *value, size_t index)
{
    return redis_value_int(redis_value_at(value, index), 0);
}

/* The change that a script made to its user goes into the view; SEQ is 0 where it made none. */
static void take_change(struct call *call, const char *meta_epoch, int64_t seq, const char *status, int64_t since_ms,
                        const char *why)
{
    struct change change = {.key = call->user, .key_len = strlen(call->user), .seq = seq, .since_ms = since_ms};

    if (seq > 0 && status_parse(status, strlen(status), &change.status) && why_parse(why, strlen(why), &change.why))
        room_change(call->presence, call->workspace, meta_epoch, &change);
}

static void take_cursor(const struct call *call, const char *meta_epoch, int64_t seq, struct cursor *cursor)
{
    presence_epoch(call->presence, meta_epoch, cursor->epoch);
    cursor->seq = seq;
}

/* What is none of our scripts' words came from no Redis that ran one. */
static enum presence_result result_of(const char *code)
{
    static const struct {
        const char *code;
        enum presence_result result;
    } results[] = {
        {"ok", PRESENCE_OK},      {"none", PRESENCE_OK},   {"stale", PRESENCE_OK},
        {"gone", PRESENCE_ENDED}, {"full", PRESENCE_FULL},
    };

    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(code, results[i].code) == 0)
            return results[i].result;
    return PRESENCE_UNAVAILABLE;
}

/* ---- beat ---- */

enum { BEAT_WORDS = 11, BEAT_REPLY_MAX = 256 };

/* Parts TEXT, in place, into WORDS; those that are not there are "". */
static void split(char *text, const char *words[BEAT_WORDS])
{
    for (size_t i = 0; i < BEAT_WORDS; i++) {
        char *end = strchrnul(text, ' ');

        words[i] = text;
        text = *end ? end + 1 : end;
        *end = '\0';
    }
}

static int64_t number(const char *word)
{
    return strtoll(word, NULL, 10);
}

static void on_beat(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};
    const char *text, *word[BEAT_WORDS];
    char line[BEAT_REPLY_MAX];
    size_t len;

    if (call_failed(call, result))
        return;
    text = redis_value_text(value, &len);
    strcpy(line, text && len < sizeof line ? text : "");
    split(line, word);
    reply.result = result_of(word[0]);
    take_cursor(call, word[1], number(word[2]), &reply.cursor);
    reply.now_ms = number(word[3]);
    status_parse(word[4], strlen(word[4]), &reply.status);
    reply.alive = strcmp(word[5], "1") == 0;
    reply.beat = number(word[6]);
    take_change(call, word[1], number(word[7]), word[8], number(word[9]), word[10]);
    call_finish(call, &reply);
}

static long lease_ms(const struct conf *conf, enum beat_kind kind)
{
    return kind == BEAT_POLL ? conf_poll_lease_ms(conf) : conf->ttl_s * 1000L;
}

void presence_beat(struct presence *self, const struct beat *beat, presence_reply_fn *done, void *ctx)
{
    static const char *const kinds[] = {"join", "heartbeat", "poll"};
    struct script_keys keys;
    char fresh[EPOCH_LEN + 1], lease[24], n[24], ttl[24], sessions[24], tombstones[24];

    script_keys_init(&keys, beat->workspace, beat->user);
    presence_fresh_epoch(self, fresh);
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
        script_text(fresh),
        script_text(keys.channel),
        script_text(beat->kind == BEAT_POLL ? self->worker_channel + sizeof "rollcall:worker:" - 1 : ""),
        script_int(LIMIT_SESSIONS_PER_USER, sessions),
        script_int(LIMIT_TOMBSTONES_PER_USER, tombstones),
    };
    redis_call(self->redis, SCRIPT_BEAT, key_args, 5, args, sizeof args / sizeof *args, on_beat,
               call_new(self, beat->workspace, beat->user, done, ctx));
}

/* ---- leave, evict ---- */

static void on_leave(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};

    if (call_failed(call, result))
        return;
    reply.result = result_of(text_at(value, 0));
    take_cursor(call, text_at(value, 1), int_at(value, 2), &reply.cursor);
    reply.now_ms = int_at(value, 3);
    take_change(call, text_at(value, 1), int_at(value, 4), text_at(value, 5), int_at(value, 6), text_at(value, 7));
    call_finish(call, &reply);
}

void presence_leave(struct presence *self, const char *workspace, const char *user, const char *session,
                    enum leave_mode mode, int64_t beat, presence_reply_fn *done, void *ctx)
{
    static const char *const modes[] = {"now", "grace", "closed"};
    struct script_keys keys;
    char fresh[EPOCH_LEN + 1], grace[24], number[24], ttl[24], tombstones[24];
    unsigned grace_s = mode == LEAVE_CLOSED ? self->conf->closed_grace_s : self->conf->leave_grace_s;

    script_keys_init(&keys, workspace, user);
    presence_fresh_epoch(self, fresh);
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
        script_text(fresh),
        script_text(keys.channel),
        script_int(LIMIT_TOMBSTONES_PER_USER, tombstones),
    };
    redis_call(self->redis, SCRIPT_LEAVE, key_args, 5, args, sizeof args / sizeof *args, on_leave,
               call_new(self, workspace, user, done, ctx));
}

void presence_evict(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx)
{
    struct script_keys keys;
    char fresh[EPOCH_LEN + 1];

    script_keys_init(&keys, workspace, user);
    presence_fresh_epoch(self, fresh);
    const struct redis_arg key_args[] = {script_text(keys.due), script_text(keys.state), script_text(keys.changed),
                                         script_text(keys.meta), script_text(keys.user)};
    const struct redis_arg args[] = {script_text(workspace), script_text(user), script_text(fresh),
                                     script_text(keys.channel)};
    redis_call(self->redis, SCRIPT_EVICT, key_args, 5, args, 4, on_leave, call_new(self, workspace, user, done, ctx));
}

/* ---- marks ---- */

static void on_mark(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};

    if (call_failed(call, result))
        return;
    take_cursor(call, text_at(value, 0), int_at(value, 1), &reply.cursor);
    reply.now_ms = int_at(value, 2);
    call_finish(call, &reply);
}

/* Marks the COUNT keys, each "\1" and a user's id, or "\1" alone. */
static void mark(struct presence *self, const char *workspace, const char *const *users, size_t count,
                 presence_reply_fn *done, void *ctx)
{
    struct script_keys keys;
    char fresh[EPOCH_LEN + 1];
    char(*names)[IDS_USER_MAX + 2] = mem_new(count * sizeof *names);
    struct redis_arg *args = mem_new((count + 2) * sizeof *args);

    script_keys_init(&keys, workspace, NULL);
    presence_fresh_epoch(self, fresh);
    const struct redis_arg key_args[] = {script_text(keys.state), script_text(keys.changed), script_text(keys.meta)};
    args[0] = script_text(fresh);
    args[1] = script_text(keys.channel);
    for (size_t i = 0; i < count; i++) {
        names[i][0] = '\1';
        strcpy(names[i] + 1, users[i]);
        args[i + 2] = script_text(names[i]);
    }
    redis_call(self->redis, SCRIPT_MARK, key_args, 3, args, count + 2, on_mark,
               call_new(self, workspace, NULL, done, ctx));
    free(args);
    free(names);
}

void presence_mark_roster(struct presence *self, const char *workspace, presence_reply_fn *done, void *ctx)
{
    const char *const nobody = "";

    mark(self, workspace, &nobody, 1, done, ctx);
}

void presence_mark_dms(struct presence *self, const char *workspace, const char *const *users, size_t count,
                       presence_reply_fn *done, void *ctx)
{
    mark(self, workspace, users, count, done, ctx);
}

/* ---- drop ---- */

static void drop_portion(struct call *call);

static void on_drop(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};

    if (call_failed(call, result))
        return;
    if (redis_value_int(value, 0) != 0 || int_at(value, 0) != 0)
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
                                     script_int(DROP_BATCH, batch)};
    redis_call(call->presence->redis, SCRIPT_DROP, key_args, 4, args, 3, on_drop, call);
}

void presence_drop(struct presence *self, const char *workspace, presence_reply_fn *done, void *ctx)
{
    drop_portion(call_new(self, workspace, NULL, done, ctx));
}

/* ---- sessions ---- */

static void on_sessions(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct call *call = ctx;
    struct presence_reply reply = {0};
    const char *own;

    if (call_failed(call, result))
        return;
    reply.now_ms = int_at(value, 0);
    own = text_at(value, 1);
    status_parse(own, strlen(own), &reply.status);
    for (size_t i = 2; i + 5 < redis_value_count(value); i += 6) {
        struct session_row row = {text_at(value, i), text_at(value, i + 1), text_at(value, i + 2),
                                  int_at(value, i + 5)};
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
