/* SPDX-License-Identifier: ISC */
/*
 * What the tests of src/redis/ share: a loop that runs until something has happened, a struct redis with notes of
 * what it reported, and a directory of its own for sockets.
 */
#ifndef ROLLCALL_TESTS_REDIS_FIXTURE_H
#define ROLLCALL_TESTS_REDIS_FIXTURE_H

#include "base/clock.h"
#include "base/log.h"
#include "redis/redis_state.h"
#include "redis/redis_value_private.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, NOTES_MAX = 64 };

struct message {
    char channel[64];
    char bytes[64];
    size_t len;
};

struct fixture {
    char root[64]; /* a directory; a test that puts something in it removes it */
    char path[96]; /* of the socket in it */
    struct event_base *base;
    struct conf_redis conf;
    struct redis_script *scripts; /* borrowed */
    size_t script_count;
    struct redis *redis;
    unsigned ups, downs, messages;
    char replid[64];
    char down_reason[512];
    struct message message[NOTES_MAX];
};

/* What became of a call or a subscription. */
struct outcome {
    unsigned count;
    enum redis_result result;
    enum redis_type type;
    char text[256];
    size_t len;
    int64_t number;
};

static inline void note_up(void *ctx, const char *replid)
{
    struct fixture *f = ctx;

    f->ups++;
    snprintf(f->replid, sizeof f->replid, "%s", replid);
}

static inline void note_down(void *ctx, const char *reason)
{
    struct fixture *f = ctx;

    f->downs++;
    snprintf(f->down_reason, sizeof f->down_reason, "%s", reason);
}

static inline void note_message(void *ctx, const char *channel, const char *bytes, size_t len)
{
    struct fixture *f = ctx;
    struct message *message = &f->message[f->messages++ % NOTES_MAX];

    snprintf(message->channel, sizeof message->channel, "%s", channel);
    message->len = len;
    memcpy(message->bytes, bytes, len < sizeof message->bytes ? len : sizeof message->bytes);
}

static inline void note_reply(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct outcome *outcome = ctx;
    const char *text = redis_value_text(value, &outcome->len);

    outcome->count++;
    outcome->result = result;
    outcome->type = redis_value_type(value);
    outcome->number = redis_value_int(value, -1);
    if (text)
        memcpy(outcome->text, text, outcome->len < sizeof outcome->text ? outcome->len + 1 : sizeof outcome->text);
}

static inline void note_subscribed(void *ctx, enum redis_result result)
{
    struct outcome *outcome = ctx;

    outcome->count++;
    outcome->result = result;
}

static inline void fixture_open(struct fixture *f, struct redis_script *scripts, size_t count)
{
    memset(f, 0, sizeof *f);
    strcpy(f->root, "/tmp/rollcall-store-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->path, sizeof f->path, "%s/redis.sock", f->root);
    f->base = event_base_new();
    /* As a worker has them. */
    event_base_priority_init(f->base, 3);
    f->conf.unix_path = f->path;
    f->scripts = scripts;
    f->script_count = count;
    log_set_level(LOG_LEVEL_ERROR);
}

/* Begins to connect, with such a short back-off and time between pings that a test does not wait. */
static inline void fixture_connect(struct fixture *f)
{
    struct redis_events events = {.ctx = f, .on_up = note_up, .on_down = note_down, .on_message = note_message};
    struct timeval tick = {0, 5000};

    f->redis = redis_new(f->base, &f->conf, f->scripts, f->script_count, &events);
    f->redis->timing.backoff_min_ms = 1;
    f->redis->timing.backoff_max_ms = 2;
    f->redis->timing.ping_ms = 10;
    event_add(&f->redis->tick, &tick);
}

static inline void fixture_close(struct fixture *f)
{
    redis_free(f->redis);
    event_base_free(f->base);
    unlink(f->path);
    assert_int_equal(rmdir(f->root), 0);
}

/* Runs the loop until CONDITION holds. */
#define UNTIL(f, condition)                                                                                            \
    do {                                                                                                               \
        int64_t until_ms_ = clock_mono_ms() + PATIENCE_MS;                                                             \
        while (!(condition)) {                                                                                         \
            if (clock_mono_ms() > until_ms_)                                                                           \
                fail_msg("still not so: %s", #condition);                                                              \
            event_base_loop((f)->base, EVLOOP_ONCE);                                                                   \
        }                                                                                                              \
    } while (0)

static inline struct redis_arg arg(const char *text)
{
    return (struct redis_arg){text, strlen(text)};
}

/* Calls script INDEX with one key and one argument. */
static inline void call(struct fixture *f, size_t index, const char *key, const char *text, struct outcome *outcome)
{
    struct redis_arg key_arg = arg(key);
    struct redis_arg text_arg = arg(text);

    const struct redis_call made = {index, &key_arg, 1, &text_arg, 1};

    redis_call(f->redis, &made, note_reply, outcome);
}

/* The same, and waits for the answer. */
static inline struct outcome answer(struct fixture *f, size_t index, const char *key, const char *text)
{
    struct outcome outcome = {0};

    call(f, index, key, text, &outcome);
    UNTIL(f, outcome.count > 0);
    return outcome;
}

#endif
