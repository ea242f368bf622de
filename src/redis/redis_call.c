/* SPDX-License-Identifier: ISC */
/*
 * Scripts. They are called by their SHA-1; where Redis has forgotten one, the call is sent once more with the whole text,
 * and whoever asked does not notice. For that, keys and arguments are kept as they were sent until the answer comes.
 */
#include "redis/redis_private.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

enum {
    REFUSAL_KEPT_US = 1000000,      /* a refused call is worth mentioning for so long, though others succeed */
    OUT_BYTES_MAX = 32 << 20,       /* Redis does not read: more calls than this would only wait to fail */
    BULK_OVERHEAD = 1 + 20 + 2 + 2, /* of a bulk string: "$", its length, two line ends */
};

/* ---- writing ---- */

/* NUMBER behind MARK ('$' or '*') with its line end; returns where it ends. */
static char *put_header(char *at, char mark, size_t number)
{
    *at++ = mark;
    at += decimal_write(at, (int64_t)number);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static char *put_bulk(char *at, const char *bytes, size_t len)
{
    at = put_header(at, '$', len);
    if (len > 0)
        memcpy(at, bytes, len);
    at += len;
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static size_t bulks_size(const struct redis_arg *args, size_t count)
{
    size_t size = count * BULK_OVERHEAD;

    for (size_t i = 0; i < count; i++)
        size += args[i].len;
    return size;
}

/* How many keys, the keys and the arguments, as both EVALSHA and EVAL want them. */
static void write_tail(struct buf *tail, const struct redis_arg *keys, size_t key_count, const struct redis_arg *args,
                       size_t arg_count)
{
    const size_t count_size = 2 * (size_t)BULK_OVERHEAD;
    char *start = buf_reserve(tail, count_size + bulks_size(keys, key_count) + bulks_size(args, arg_count));
    char count[DECIMAL_MAX];
    char *at = start;

    at = put_bulk(at, count, decimal_write(count, (int64_t)key_count));
    for (size_t i = 0; i < key_count; i++)
        at = put_bulk(at, keys[i].bytes, keys[i].len);
    for (size_t i = 0; i < arg_count; i++)
        at = put_bulk(at, args[i].bytes, args[i].len);
    tail->len += (size_t)(at - start);
}

/* "*COUNT" for a command of COUNT words. */
static void write_head(struct buf *out, size_t count)
{
    char *start = buf_reserve(out, BULK_OVERHEAD);

    out->len += (size_t)(put_header(start, '*', count) - start);
}

static void send_by_sha1(struct redis *self, struct ask *ask)
{
    struct buf *out = &self->command.out;

    write_head(out, ask->words);
    buf_add(out, self->prepared[ask->index].evalsha, EVALSHA_BYTES);
    buf_add(out, ask->tail.data, ask->tail.len);
    link_push(&self->command, ask);
}

/* ---- when Redis has forgotten a script ---- */

bool call_set_sha1(struct redis *self, size_t index, const struct redis_value *sha1)
{
    struct prepared_script *prepared = &self->prepared[index];
    struct redis_script *script = &self->scripts[index];
    size_t len;
    const char *text = redis_value_text(sha1, &len);

    if (!text || len != sizeof script->sha1 - 1 || strspn(text, "0123456789abcdef") != len)
        return false;
    memcpy(script->sha1, text, len + 1);
    snprintf(prepared->evalsha, sizeof prepared->evalsha, "$7\r\nEVALSHA\r\n$40\r\n%s\r\n", text);
    return true;
}

static void on_loaded(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    self->prepared[ask->index].loading = false;
    if (reply && !reply->error)
        call_set_sha1(self, ask->index, reply);
    ask_free(self, ask);
}

/* EVAL has Redis know the script, yet Redis from 7.4 on may forget such a one at any time. */
static void load_again(struct redis *self, size_t index)
{
    const char *const words[] = {"SCRIPT", "LOAD", self->scripts[index].text};
    struct ask *ask;

    if (self->prepared[index].loading)
        return;
    self->prepared[index].loading = true;
    ask = ask_new(self);
    ask->on_reply = on_loaded;
    ask->index = index;
    link_ask(&self->command, ask, words, 3);
}

static void send_whole(struct redis *self, struct ask *ask)
{
    const char *text = self->scripts[ask->index].text;
    struct buf *out = &self->command.out;

    ask->whole = true;
    load_again(self, ask->index);
    write_head(out, ask->words);
    resp_bulk(out, "EVAL", 4);
    resp_bulk(out, text, strlen(text));
    buf_add(out, ask->tail.data, ask->tail.len);
    link_push(&self->command, ask);
}

/* ---- answering ---- */

static void finish(struct redis *self, struct ask *ask, enum redis_result result, const struct redis_value *value)
{
    redis_reply_fn *done = ask->done;
    void *ctx = ask->ctx;

    ask_free(self, ask);
    if (result != REDIS_OK)
        self->stats.failures++;
    done(ctx, result, value);
}

/* Redis answers, but not what was asked. */
static void refused(struct redis *self, const char *name, enum redis_fault fault, const char *error)
{
    if (fault == FAULT_LOST) {
        redis_lose(self, "%s", error);
        return;
    }
    snprintf(self->refusal, sizeof self->refusal, "Redis refuses: %s", error);
    self->refused_us = self->now_us;
    if (redis_may_log(self))
        log_warn("Redis refuses script %s: %s", name, error);
}

static void on_error(struct redis *self, struct ask *ask, const char *error)
{
    const char *name = self->scripts[ask->index].name;
    enum redis_fault fault = fault_of(error);

    if (fault == FAULT_NOSCRIPT && !ask->whole && self->state == STATE_UP) {
        send_whole(self, ask);
        return;
    }
    if (fault == FAULT_SCRIPT) {
        if (redis_may_log(self))
            log_error("script %s failed: %s", name, error);
        finish(self, ask, REDIS_ERROR, NULL);
        return;
    }
    refused(self, name, fault, error);
    finish(self, ask, REDIS_UNAVAILABLE, NULL);
}

static void on_reply(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    if (!reply) {
        finish(self, ask, REDIS_UNAVAILABLE, NULL);
        return;
    }
    histogram_add(&self->stats.latency, self->now_us - ask->asked_us);
    if (reply->error) {
        on_error(self, ask, reply->text);
        return;
    }
    if (self->refused_us != 0 && self->now_us - self->refused_us > REFUSAL_KEPT_US)
        self->refused_us = 0;
    finish(self, ask, REDIS_OK, reply);
}

void redis_call(struct redis *self, size_t index, const struct redis_arg *keys, size_t key_count,
                const struct redis_arg *args, size_t arg_count, redis_reply_fn *done, void *ctx)
{
    struct ask *ask = ask_new(self);

    ask->on_reply = on_reply;
    ask->index = index;
    ask->done = done;
    ask->ctx = ctx;
    self->stats.calls++;
    if (self->state != STATE_UP || self->command.out.len > OUT_BYTES_MAX) {
        redis_doom(self, ask);
        return;
    }
    ask->asked_us = clock_mono_us();
    ask->words = 3 + key_count + arg_count;
    write_tail(&ask->tail, keys, key_count, args, arg_count);
    send_by_sha1(self, ask);
}
