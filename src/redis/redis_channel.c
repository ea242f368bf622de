/* SPDX-License-Identifier: ISC */
/*
 * See redis_channel.h. There is one SUBSCRIBE for each channel, so that each confirmation or refusal is the answer to
 * one request. The names of the channels are kept when the connection is lost, and subscribed to again on the next
 * one.
 */
#include "redis/redis_channel.h"

#include "base/mem.h"
#include "redis/redis_member.h"
#include "redis/redis_slots.h"
#include "redis/redis_value_private.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct redis_channel {
    UT_hash_handle hh; /* by name */
    char name[];
};

/* NOLINTNEXTLINE(readability-function-size): uthash's macro is long */
static struct redis_channel *find(struct redis *self, const char *name)
{
    struct redis_channel *channel;

    HASH_FIND_STR(self->channels, name, channel);
    return channel;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void add(struct redis *self, const char *name)
{
    if (find(self, name))
        return;
    size_t len = strlen(name);
    struct redis_channel *channel = mem_new(sizeof *channel + len + 1);
    memcpy(channel->name, name, len);
    HASH_ADD_STR(self->channels, name, channel);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void forget(struct redis *self, struct redis_channel *channel)
{
    HASH_DEL(self->channels, channel);
    free(channel);
}

void redis_channel_fini(struct redis *self)
{
    struct redis_channel *channel = self->channels;

    HASH_CLEAR(hh, self->channels);
    while (channel) {
        struct redis_channel *next = channel->hh.next;
        free(channel);
        channel = next;
    }
}

/* ---- subscribing ---- */

static void came_up_if_all_confirmed(struct redis *self)
{
    if (self->state == STATE_SUBSCRIBING && self->subscribing == 0)
        redis_came_up(self);
}

static void finish(struct redis *self, struct redis_request *request, enum redis_result result)
{
    void (*done)(void *ctx, enum redis_result result) = request->subscribed;
    void *ctx = request->ctx;

    redis_request_free(&self->pool, request);
    if (done)
        done(ctx, result);
}

/* The commands, and what Redis calls their answers and messages: of channels that a cluster shards, and of others. */
struct verbs {
    const char *subscribe, *unsubscribe, *subscribed, *unsubscribed, *message;
};

static const struct verbs *verbs_of(const struct redis *self)
{
    static const struct verbs plain = {"SUBSCRIBE", "UNSUBSCRIBE", "subscribe", "unsubscribe", "message"};
    static const struct verbs sharded = {"SSUBSCRIBE", "SUNSUBSCRIBE", "ssubscribe", "sunsubscribe", "smessage"};

    return self->clustered ? &sharded : &plain;
}

static void on_refused(struct redis *self, const char *channel, const char *error)
{
    char right[REDIS_REASON_MAX];

    if (self->clustered && redis_fault_is_misplaced(redis_fault_of(error))) {
        redis_misplaced(self, redis_slots_partition(channel, strlen(channel)), FAULT_MOVED);
        return;
    }
    if (redis_fault_denied(error, verbs_of(self)->subscribe, right, sizeof right))
        redis_lose(self, "the Redis user lacks: %s (for channel %s)", right, channel);
    else
        redis_lose(self, "cannot subscribe to channel %s: %s", channel, error);
}

static void on_subscribed(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    if (!reply) {
        finish(self, request, REDIS_UNAVAILABLE);
        return;
    }
    bool confirmed = redis_value_is(redis_value_at(reply, 0), verbs_of(self)->subscribed) &&
                     redis_value_is(redis_value_at(reply, 1), request->tail.data);
    self->subscribing--;
    if (!confirmed)
        on_refused(self, request->tail.data, reply->error ? reply->text : "unexpected answer");
    finish(self, request, confirmed ? REDIS_OK : REDIS_UNAVAILABLE);
    came_up_if_all_confirmed(self);
}

static void send_subscribe(struct redis *self, struct redis_request *request)
{
    const char *const words[] = {verbs_of(self)->subscribe, request->tail.data};

    self->subscribing++;
    redis_conn_send(&self->channel, request, words, 2);
}

static struct redis_request *subscription_new(struct redis *self, const char *name)
{
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = on_subscribed;
    request->subscribed = NULL;
    request->ctx = NULL;
    buf_add_text(&request->tail, name);
    return request;
}

void redis_channel_resubscribe(struct redis *self)
{
    struct redis_channel *channel;
    struct redis_channel *next;

    self->state = STATE_SUBSCRIBING;
    if (self->clustered)
        redis_channel_fini(self);
    HASH_ITER (hh, self->channels, channel, next)
        send_subscribe(self, subscription_new(self, channel->name));
    came_up_if_all_confirmed(self);
}

void redis_subscribe(struct redis *self, const char *channel, void (*done)(void *ctx, enum redis_result result),
                     void *ctx)
{
    struct redis_request *request = subscription_new(self, channel);

    request->subscribed = done;
    request->ctx = ctx;
    if (self->state != STATE_CLOSED)
        add(self, channel);
    if (self->state == STATE_UP)
        send_subscribe(self, request);
    else if (self->state == STATE_SUBSCRIBING)
        send_subscribe(self, subscription_new(self, channel));
    if (self->state != STATE_UP)
        redis_fail_later(self, request);
}

/* ---- unsubscribing ---- */

static void on_unsubscribed(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    bool moved = reply && reply->error && self->clustered && redis_fault_of(reply->text) == FAULT_MOVED;

    if (reply && !moved && !redis_value_is(redis_value_at(reply, 0), verbs_of(self)->unsubscribed))
        redis_lose(self, "cannot unsubscribe from channel %s: %s", request->tail.data,
                   reply->error ? reply->text : "unexpected answer");
    redis_request_free(&self->pool, request);
}

void redis_unsubscribe(struct redis *self, const char *channel)
{
    struct redis_channel *found = find(self, channel);

    if (!found)
        return;
    if (self->state == STATE_UP || self->state == STATE_SUBSCRIBING) {
        const char *const words[] = {verbs_of(self)->unsubscribe, channel};
        struct redis_request *request = redis_request_new(&self->pool);
        request->on_reply = on_unsubscribed;
        buf_add_text(&request->tail, channel);
        redis_conn_send(&self->channel, request, words, 2);
    }
    /* Last, since CHANNEL may be its name. */
    forget(self, found);
}

void redis_forget(struct redis *self, const char *channel)
{
    struct redis_channel *found = find(self, channel);

    if (found)
        forget(self, found);
}

/* ---- messages and pings ---- */

/* Whether the next answer is that to the end of the subscription to CHANNEL. */
static bool is_unsubscribing(const struct redis *self, const char *channel)
{
    const struct redis_request *next = self->channel.requests.head;

    return next && next->on_reply == on_unsubscribed && strcmp(next->tail.data, channel) == 0;
}

/*
 * Whether REPLY is a second answer to the end of a subscription: the server ended it by itself at the same time, which
 * was taken for the answer.
 */
static bool is_late_refusal(const struct redis *self, const struct redis_value *reply)
{
    return self->clustered && reply->error && !self->channel.requests.head &&
           redis_fault_of(reply->text) == FAULT_MOVED;
}

/* Whether REPLY says that CHANNEL is with another server from now on, though nobody has asked. */
static bool is_taken_away(struct redis *self, const struct redis_value *reply, const char *channel)
{
    if (!self->clustered || self->state != STATE_UP ||
        !redis_value_is(redis_value_at(reply, 0), verbs_of(self)->unsubscribed) || is_unsubscribing(self, channel))
        return false;
    if (find(self, channel))
        redis_misplaced(self, redis_slots_partition(channel, strlen(channel)), FAULT_MOVED);
    return true;
}

bool redis_channel_message(struct redis *self, const struct redis_value *reply)
{
    const struct redis_value *payload = redis_value_at(reply, 2);
    const char *channel = redis_value_text(redis_value_at(reply, 1), NULL);
    size_t len;
    const char *bytes = redis_value_text(payload, &len);

    if (is_late_refusal(self, reply) || (channel && is_taken_away(self, reply, channel)))
        return true;
    if (!bytes || !channel || !redis_value_is(redis_value_at(reply, 0), verbs_of(self)->message))
        return false;
    /* Until all subscriptions stand a message may be dropped: followers read their state again when Redis is up. */
    if (self->state == STATE_UP && find(self, channel) && self->events.on_message)
        self->events.on_message(self->events.ctx, channel, bytes, len);
    return true;
}

static void on_pong(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    bool pong = redis_value_is(reply, "PONG") || redis_value_is(redis_value_at(reply, 0), "pong");

    redis_request_free(&self->pool, request);
    if (!reply || pong)
        return;
    if (!reply->error || redis_fault_of(reply->text) == FAULT_LOST)
        redis_lose(self, "the channel connection was lost: %s",
                   reply->error ? reply->text : "unexpected answer to PING");
}

void redis_channel_ping(struct redis *self)
{
    static const char *const words[] = {"PING"};
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = on_pong;
    redis_conn_send(&self->channel, request, words, 1);
}
