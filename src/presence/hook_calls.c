/* SPDX-License-Identifier: ISC */
/* See hook_calls.h. All keys but those of workspaces are in partition 0. */
#include "presence/hook_calls.h"

#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_KEPT_MS = 600000 /* what nobody does within ten minutes is forgotten */ };

/* A call that Redis has not answered yet. */
struct hook_call {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    struct hook_reader reader;
    presence_turn_fn *on_turn;
    presence_reply_fn *on_done; /* or NULL */
    void *ctx;
    char workspace[IDS_WORKSPACE_MAX + 1];
};

/* "rollcall:{0}:" and NAME, which has at most 40 bytes, into OUT, which has CHANNEL_MAX bytes. */
static void shared_key(const char *name, char *out)
{
    script_prefix(out, 0);
    strcat(out, name);
}

/* ---- how far ---- */

static bool read_head(const struct hook_call *self, const struct redis_value *value, struct hook_head *out)
{
    const char *epoch = redis_value_text(redis_value_at(value, 1), NULL);

    *out = (struct hook_head){.now_ms = redis_value_int(redis_value_at(value, 0), -1)};
    out->cursor.seq = redis_value_int(redis_value_at(value, 2), -1);
    if (redis_value_count(value) % 2 == 0 || !epoch || out->now_ms < 0 || out->now_ms > ANSWER_MAX ||
        out->cursor.seq < 0 || out->cursor.seq > ANSWER_MAX)
        return false;
    if (*epoch)
        presence_epoch(self->presence, self->workspace, epoch, out->cursor.epoch);
    return true;
}

static void on_hooks(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct hook_call *self = ctx;
    struct hook_head head;
    bool ok = result == REDIS_OK && read_head(self, value, &head);

    if (result == REDIS_OK && !ok)
        presence_odd_answer(self->presence, SCRIPT_HOOKS);
    for (size_t i = 3; ok && i + 1 < redis_value_count(value); i += 2) {
        size_t len;
        const char *id = redis_value_text(redis_value_at(value, i), NULL);
        const char *state = redis_value_text(redis_value_at(value, i + 1), &len);
        if (id && state)
            self->reader.on_row(self->reader.ctx, id, state, len);
    }
    self->reader.on_end(self->reader.ctx, ok ? &head : NULL);
    free(self);
}

void presence_hooks(struct presence *self, const char *workspace, const struct hook_reader *reader)
{
    struct hook_call *waiting = mem_new(sizeof *waiting);
    char hooks[KEY_MAX];
    struct script_keys keys;
    struct script_call call;

    waiting->presence = self;
    waiting->reader = *reader;
    script_keys_init(&keys, workspace, NULL);
    strcpy(waiting->workspace, workspace);
    script_key_hooks(&keys, hooks);
    script_call_init(&call, SCRIPT_HOOKS);
    script_call_key(&call, keys.meta);
    script_call_key(&call, hooks);
    script_call_send(&call, self->redis, on_hooks, waiting);
}

/* ---- what replies with 0 or 1 ---- */

static struct hook_call *hook_call_new(struct presence *presence, presence_reply_fn *done, void *ctx)
{
    struct hook_call *self = mem_new(sizeof *self);

    self->presence = presence;
    self->on_done = done;
    self->ctx = ctx;
    return self;
}

/* VALUE, the answer of SCRIPT, is 1, or 0, which means ZERO. Frees SELF. */
static void finish(struct hook_call *self, enum script script, enum redis_result result,
                   const struct redis_value *value, enum presence_result zero)
{
    int64_t number = result == REDIS_OK ? redis_value_int(value, -1) : -1;
    struct presence_reply reply = {.result = PRESENCE_UNAVAILABLE};

    if (number == 0 || number == 1)
        reply.result = number == 1 ? PRESENCE_OK : zero;
    else if (result == REDIS_OK)
        presence_odd_answer(self->presence, script);
    if (self->on_done)
        self->on_done(self->ctx, &reply);
    free(self);
}

static void on_set(void *ctx, enum redis_result result, const struct redis_value *value)
{
    finish(ctx, SCRIPT_HOOK_SET, result, value, PRESENCE_OK);
}

static void on_asked(void *ctx, enum redis_result result, const struct redis_value *value)
{
    finish(ctx, SCRIPT_HOOK_ASK, result, value, PRESENCE_FULL);
}

void presence_hook_set(struct presence *self, const struct hook_row *row, presence_reply_fn *done, void *ctx)
{
    struct hook_call *waiting = hook_call_new(self, done, ctx);
    char hooks[KEY_MAX];
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, row->workspace, NULL);
    script_key_hooks(&keys, hooks);
    script_call_init(&call, SCRIPT_HOOK_SET);
    script_call_key(&call, keys.meta);
    script_call_key(&call, hooks);
    script_call_text(&call, row->id);
    script_call_text(&call, row->state);
    script_call_send(&call, self->redis, on_set, waiting);
}

/* ---- what is asked ---- */

/* Takes ASK, which is cleared. */
static void ask(struct presence *self, struct buf *ask, presence_reply_fn *done, void *ctx)
{
    struct hook_call *waiting = hook_call_new(self, done, ctx);
    char asks[CHANNEL_MAX];
    struct script_call call;

    shared_key("hook-asks", asks);
    script_call_init(&call, SCRIPT_HOOK_ASK);
    script_call_key(&call, asks);
    script_call_text(&call, buf_text(ask));
    script_call_int(&call, LIMIT_HOOK_ASKS);
    script_call_int(&call, ASK_KEPT_MS);
    script_call_send(&call, self->redis, on_asked, waiting);
    buf_fini(ask);
}

void presence_hook_test(struct presence *self, const char *id, presence_reply_fn *done, void *ctx)
{
    struct buf text;

    buf_init(&text);
    buf_printf(&text, "test %s", id);
    ask(self, &text, done, ctx);
}

void presence_hook_replay(struct presence *self, const struct hook_replay *replay, presence_reply_fn *done, void *ctx)
{
    struct buf text;

    buf_init(&text);
    buf_printf(&text, "replay %s %s %s", replay->workspace, replay->id, replay->since ? replay->since : "-");
    ask(self, &text, done, ctx);
}

void presence_hook_changed(struct presence *self)
{
    struct buf text;

    buf_init(&text);
    buf_add_text(&text, "changed");
    ask(self, &text, NULL, NULL);
}

/* ---- whose turn ---- */

/* The asks in VALUE, COUNT of them; the caller frees them. */
static struct hook_ask *read_asks(const struct redis_value *value, size_t *count)
{
    size_t parts = redis_value_count(value);
    struct hook_ask *asks = mem_resize(NULL, parts + 1, sizeof *asks);

    *count = 0;
    for (size_t i = 2; i + 1 < parts; i += 2) {
        asks[*count] = (struct hook_ask){.text = redis_value_text(redis_value_at(value, i), NULL),
                                         .stamp = redis_value_text(redis_value_at(value, i + 1), NULL)};
        *count += asks[*count].text && asks[*count].stamp ? 1 : 0;
    }
    return asks;
}

static void on_turn(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct hook_call *self = ctx;
    int64_t now_ms = redis_value_int(redis_value_at(value, 0), -1);
    int64_t held = redis_value_int(redis_value_at(value, 1), -1);

    if (result == REDIS_OK && (now_ms < 0 || now_ms > ANSWER_MAX || held < 0 || held > 1)) {
        presence_odd_answer(self->presence, SCRIPT_HOOK_TURN);
        result = REDIS_ERROR;
    }
    if (result != REDIS_OK) {
        self->on_turn(self->ctx, NULL);
    } else {
        struct hook_turn turn = {.held = held == 1, .now_ms = now_ms};
        struct hook_ask *asks = read_asks(value, &turn.count);
        turn.asks = asks;
        self->on_turn(self->ctx, &turn);
        free(asks);
    }
    free(self);
}

void presence_hook_turn(struct presence *self, const struct hook_turn_call *turn, presence_turn_fn *fn, void *ctx)
{
    struct hook_call *waiting = mem_new(sizeof *waiting);
    size_t most = 2 + 2 * turn->count;
    struct redis_arg *args = mem_resize(NULL, most, sizeof *args);
    char owner[CHANNEL_MAX], asks[CHANNEL_MAX];
    struct script_call call;

    waiting->presence = self;
    waiting->on_turn = fn;
    waiting->ctx = ctx;
    shared_key("hook-turn", owner);
    shared_key("hook-asks", asks);
    script_call_init(&call, SCRIPT_HOOK_TURN);
    script_call_use(&call, args, most);
    script_call_key(&call, owner);
    script_call_key(&call, asks);
    script_call_text(&call, turn->owner);
    script_call_int(&call, turn->lease_ms);
    for (size_t i = 0; i < turn->count; i++) {
        script_call_text(&call, turn->done[i].text);
        script_call_text(&call, turn->done[i].stamp);
    }
    script_call_send(&call, self->redis, on_turn, waiting);
    free(args);
}

static void on_listening(void *ctx, enum redis_result result)
{
    (void)ctx;
    (void)result; /* redis/ keeps it up; without it, the next turn tells what was asked */
}

void presence_hook_listen(struct presence *self, void (*fn)(void *ctx), void *ctx)
{
    shared_key("hook-asks", self->hook_channel);
    self->on_hook_ask = fn;
    self->hook_ctx = ctx;
    redis_router_subscribe(self->redis, self->hook_channel, on_listening, self);
}
