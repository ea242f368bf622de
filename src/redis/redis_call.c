/* SPDX-License-Identifier: ISC */
/*
 * See redis_call.h. Scripts are called by their SHA-1. If Redis has forgotten one, the call is sent once more with
 * the whole text, and the caller does not notice. For that, keys and arguments are kept as they were sent until the
 * answer comes.
 */
#include "redis/redis_call.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "base/log.h"
#include "redis/redis_member.h"
#include "redis/redis_slots.h"
#include "redis/redis_value_private.h"

#include <stdio.h>
#include <string.h>

enum {
    REFUSAL_KEPT_US = 1000000,      /* a refused call is reported for this long, even if others succeed */
    OUT_BYTES_MAX = 32 << 20,       /* Redis is not reading: more calls than this would only wait to fail */
    BULK_OVERHEAD = 1 + 20 + 2 + 2, /* of a bulk string: "$", its length, two line ends */
};

/* ---- writing ---- */

/* MARK ('$' or '*'), NUMBER and a line end; returns where that ends. */
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

static char *put_bulks(char *at, const struct redis_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++)
        at = put_bulk(at, args[i].bytes, args[i].len);
    return at;
}

/* The number of keys, the keys and the arguments, which EVALSHA and EVAL have in common. */
static void write_tail(struct buf *out, const struct redis_call *call)
{
    const size_t count_size = 2 * (size_t)BULK_OVERHEAD;
    char *start = buf_reserve(out, count_size + bulks_size(call->keys, call->key_count) +
                                       bulks_size(call->args, call->arg_count));
    char count[DECIMAL_MAX];
    char *at = put_bulk(start, count, decimal_write(count, (int64_t)call->key_count));

    at = put_bulks(at, call->keys, call->key_count);
    at = put_bulks(at, call->args, call->arg_count);
    buf_commit(out, (size_t)(at - start));
}

/* "*COUNT" for a command of COUNT words. */
static void write_head(struct buf *out, size_t count)
{
    char *start = buf_reserve(out, BULK_OVERHEAD);

    buf_commit(out, (size_t)(put_header(start, '*', count) - start));
}

/* The tail is kept as long as it is, while writing it takes more room: a burst has thousands of calls under way. */
static void send_by_sha1(struct redis *self, struct redis_request *request, const struct redis_call *call)
{
    struct buf *out = &self->command.out;

    write_head(out, request->words);
    buf_add(out, self->prepared[request->index].evalsha, REDIS_EVALSHA_BYTES);
    size_t start = out->len;
    write_tail(out, call);
    buf_add(&request->tail, out->data + start, out->len - start);
    redis_conn_push(&self->command, request);
}

/* ---- when Redis has forgotten a script ---- */

bool redis_call_set_sha1(struct redis *self, size_t index, const struct redis_value *sha1)
{
    struct redis_script *script = &self->scripts[index];
    size_t len;
    const char *text = redis_value_text(sha1, &len);

    if (!text || len != sizeof script->sha1 - 1 || strspn(text, "0123456789abcdef") != len)
        return false;
    memcpy(script->sha1, text, len + 1);
    struct redis_prepared *prepared = &self->prepared[index];
    snprintf(prepared->evalsha, sizeof prepared->evalsha, "$7\r\nEVALSHA\r\n$40\r\n%s\r\n", text);
    return true;
}

static void on_loaded(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    self->prepared[request->index].loading = false;
    if (reply && !reply->error)
        redis_call_set_sha1(self, request->index, reply);
    redis_request_free(&self->pool, request);
}

/* After EVAL Redis knows the script too, but from 7.4 on it may forget such a script at any time. */
static void load_again(struct redis *self, size_t index)
{
    const char *const words[] = {"SCRIPT", "LOAD", self->scripts[index].text};

    if (self->prepared[index].loading)
        return;
    self->prepared[index].loading = true;
    struct redis_request *request = redis_request_new(&self->pool);
    request->on_reply = on_loaded;
    request->index = index;
    redis_conn_send(&self->command, request, words, 3);
}

static void send_whole(struct redis *self, struct redis_request *request)
{
    const char *text = self->scripts[request->index].text;
    struct buf *out = &self->command.out;

    request->whole = true;
    load_again(self, request->index);
    write_head(out, request->words);
    redis_conn_bulk(out, "EVAL", 4);
    redis_conn_bulk(out, text, strlen(text));
    buf_add(out, request->tail.data, request->tail.len);
    redis_conn_push(&self->command, request);
}

/* ---- answering ---- */

static void tell(struct redis *self, struct redis_request *request, enum redis_result result,
                 const struct redis_value *value)
{
    redis_reply_fn *done = request->done;
    void *ctx = request->ctx;

    redis_request_free(&self->pool, request);
    done(ctx, result, value);
}

/* The same of a script, which is counted if it could not be run. */
static void finish(struct redis *self, struct redis_request *request, enum redis_result result,
                   const struct redis_value *value)
{
    if (result != REDIS_OK) {
        self->stats->failures++;
        if (self->node)
            self->node->failures++;
    }
    tell(self, request, result, value);
}

/* Redis answered, but refused the call. */
static void refused(struct redis *self, const char *name, enum redis_fault fault, const char *error)
{
    if (fault == FAULT_LOST) {
        redis_lose(self, "%s", error);
        return;
    }
    redis_note_refusal(self, "refuses", error);
    self->refused_us = self->command.received_us;
    if (redis_may_log(self))
        log_warn("Redis refuses script %s: %s", name, error);
}

static void on_error(struct redis *self, struct redis_request *request, const char *error)
{
    const char *name = self->scripts[request->index].name;
    enum redis_fault fault = redis_fault_of(error);

    if (fault == FAULT_NOSCRIPT && !request->whole && self->state == STATE_UP) {
        send_whole(self, request);
        return;
    }
    if (fault == FAULT_SCRIPT) {
        if (redis_may_log(self))
            log_error("script %s failed: %s", name, error);
        finish(self, request, REDIS_ERROR, NULL);
        return;
    }
    if (!redis_misplaced(self, request->partition, fault))
        refused(self, name, fault, error);
    finish(self, request, REDIS_UNAVAILABLE, NULL);
}

static void on_reply(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    if (!reply || !redis_has(self, request->partition)) {
        finish(self, request, REDIS_UNAVAILABLE, NULL);
        return;
    }
    int64_t spent_us = self->command.received_us - request->sent_us;
    histogram_add(&self->stats->latency, spent_us);
    self->node->spent_us += spent_us > 0 ? (uint64_t)spent_us : 0;
    if (reply->error) {
        on_error(self, request, reply->text);
        return;
    }
    if (self->refused_us != 0 && self->command.received_us - self->refused_us > REFUSAL_KEPT_US)
        self->refused_us = 0;
    finish(self, request, REDIS_OK, reply);
}

void redis_call(struct redis *self, const struct redis_call *call, redis_reply_fn *done, void *ctx)
{
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = on_reply;
    request->index = call->script;
    request->done = done;
    request->ctx = ctx;
    request->partition = 0;
    if (self->clustered)
        request->partition = (uint8_t)redis_slots_partition(call->keys[0].bytes, call->keys[0].len);
    self->stats->calls++;
    if (self->node)
        self->node->calls++;
    if (self->state != STATE_UP || self->command.out.len > OUT_BYTES_MAX) {
        redis_fail_later(self, request);
        return;
    }
    request->sent_us = clock_mono_us();
    request->words = 3 + call->key_count + call->arg_count;
    send_by_sha1(self, request, call);
}

/* ---- settling ---- */

static void on_settled(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    tell(self, request, reply && !reply->error ? REDIS_OK : REDIS_UNAVAILABLE, NULL);
}

/* Redis sends what it has to send before it reads again. */
void redis_settle(struct redis *self, redis_reply_fn *done, void *ctx)
{
    static const char *const words[] = {"PING"};
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = on_settled;
    request->done = done;
    request->ctx = ctx;
    if (self->state == STATE_UP)
        redis_conn_send(&self->command, request, words, 1);
    else
        redis_fail_later(self, request);
}
