/* SPDX-License-Identifier: ISC */
/*
 * Subscriptions. One SUBSCRIBE a channel, so that each acknowledgement, or refusal, is the answer to one ask. What is to be
 * subscribed to is kept by name, whatever becomes of the connection, and asked for again on the next one.
 */
#include "redis/redis_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct channel {
    UT_hash_handle hh; /* by name */
    char name[];
};

/* NOLINTNEXTLINE(readability-function-size): it is uthash's macro that is long */
static struct channel *channel_find(struct redis *self, const char *name)
{
    struct channel *channel;

    HASH_FIND_STR(self->channels, name, channel);
    return channel;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void channel_add(struct redis *self, const char *name)
{
    size_t len = strlen(name);
    struct channel *channel;

    if (channel_find(self, name))
        return;
    channel = mem_new(sizeof *channel + len + 1);
    memcpy(channel->name, name, len);
    HASH_ADD_STR(self->channels, name, channel);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void channel_remove(struct redis *self, struct channel *channel)
{
    HASH_DEL(self->channels, channel);
    free(channel);
}

void channel_fini(struct redis *self)
{
    struct channel *channel = self->channels;

    HASH_CLEAR(hh, self->channels);
    while (channel) {
        struct channel *next = channel->hh.next;
        free(channel);
        channel = next;
    }
}

/* ---- subscribing ---- */

static void came_up_if_all_stand(struct redis *self)
{
    if (self->state == STATE_SUBSCRIBING && self->subscribing == 0)
        redis_came_up(self);
}

static void finish(struct redis *self, struct ask *ask, enum redis_result result)
{
    void (*done)(void *ctx, enum redis_result result) = ask->subscribed;
    void *ctx = ask->ctx;

    ask_free(self, ask);
    if (done)
        done(ctx, result);
}

static void on_refused(struct redis *self, const char *channel, const char *error)
{
    char right[REDIS_REASON_MAX];

    if (fault_denied(error, "SUBSCRIBE", right, sizeof right))
        redis_lose(self, "the Redis user lacks: %s (for channel %s)", right, channel);
    else
        redis_lose(self, "channel %s cannot be subscribed to: %s", channel, error);
}

static void on_subscribed(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    bool stands = value_is(redis_value_at(reply, 0), "subscribe") && value_is(redis_value_at(reply, 1), ask->tail.data);

    if (!reply) {
        finish(self, ask, REDIS_UNAVAILABLE);
        return;
    }
    self->subscribing--;
    if (!stands)
        on_refused(self, ask->tail.data, reply->error ? reply->text : "another answer than expected");
    finish(self, ask, stands ? REDIS_OK : REDIS_UNAVAILABLE);
    came_up_if_all_stand(self);
}

static void send_subscribe(struct redis *self, struct ask *ask)
{
    const char *const words[] = {"SUBSCRIBE", ask->tail.data};

    self->subscribing++;
    link_ask(&self->channel, ask, words, 2);
}

static struct ask *subscribe_ask(struct redis *self, const char *name)
{
    struct ask *ask = ask_new(self);

    ask->on_reply = on_subscribed;
    ask->subscribed = NULL;
    ask->ctx = NULL;
    buf_add_text(&ask->tail, name);
    return ask;
}

void channel_resubscribe(struct redis *self)
{
    struct channel *channel;
    struct channel *next;

    self->state = STATE_SUBSCRIBING;
    HASH_ITER (hh, self->channels, channel, next)
        send_subscribe(self, subscribe_ask(self, channel->name));
    came_up_if_all_stand(self);
}

void redis_subscribe(struct redis *self, const char *channel, void (*done)(void *ctx, enum redis_result result),
                     void *ctx)
{
    struct ask *ask = subscribe_ask(self, channel);

    ask->subscribed = done;
    ask->ctx = ctx;
    if (self->state != STATE_CLOSED)
        channel_add(self, channel);
    if (self->state == STATE_UP)
        send_subscribe(self, ask);
    else if (self->state == STATE_SUBSCRIBING)
        send_subscribe(self, subscribe_ask(self, channel));
    if (self->state != STATE_UP)
        redis_doom(self, ask);
}

/* ---- unsubscribing ---- */

static void on_unsubscribed(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    if (reply && !value_is(redis_value_at(reply, 0), "unsubscribe"))
        redis_lose(self, "channel %s cannot be unsubscribed from: %s", ask->tail.data,
                   reply->error ? reply->text : "another answer than expected");
    ask_free(self, ask);
}

void redis_unsubscribe(struct redis *self, const char *channel)
{
    struct channel *found = channel_find(self, channel);
    struct ask *ask;

    if (!found)
        return;
    if (self->state == STATE_UP || self->state == STATE_SUBSCRIBING) {
        const char *const words[] = {"UNSUBSCRIBE", channel};
        ask = ask_new(self);
        ask->on_reply = on_unsubscribed;
        buf_add_text(&ask->tail, channel);
        link_ask(&self->channel, ask, words, 2);
    }
    /* Last, for CHANNEL may be its name. */
    channel_remove(self, found);
}

/* ---- what comes ---- */

bool channel_message(struct redis *self, const struct redis_value *reply)
{
    const struct redis_value *payload = redis_value_at(reply, 2);
    const char *channel = redis_value_text(redis_value_at(reply, 1), NULL);
    size_t len;
    const char *bytes = redis_value_text(payload, &len);

    if (!bytes || !channel || !value_is(redis_value_at(reply, 0), "message"))
        return false;
    /* Before all channels stand, nothing is missed: whoever follows one reads anew when the link comes up. */
    if (self->state == STATE_UP && channel_find(self, channel) && self->events.on_message)
        self->events.on_message(self->events.ctx, channel, bytes, len);
    return true;
}

static void on_pong(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    bool pong = value_is(reply, "PONG") || value_is(redis_value_at(reply, 0), "pong");

    ask_free(self, ask);
    if (!reply || pong)
        return;
    if (!reply->error || fault_of(reply->text) == FAULT_LOST)
        redis_lose(self, "the channel connection was lost: %s", reply->error ? reply->text : "no pong");
}

void channel_ping(struct redis *self)
{
    static const char *const words[] = {"PING"};
    struct ask *ask = ask_new(self);

    ask->on_reply = on_pong;
    link_ask(&self->channel, ask, words, 1);
}
