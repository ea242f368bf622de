/* SPDX-License-Identifier: ISC */
/*
 * See redis_sentinel.h. A connection that is subscribed takes no other command, so each question goes out between the
 * end of the subscription and the next one. A sentinel executes all three together: no switch comes in between.
 */
#include "redis/redis_sentinel.h"

#include "base/address.h"
#include "base/log.h"
#include "redis/redis_value_private.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

enum {
    CONNECT_MS = 1000, /* the others answer meanwhile */
    SILENCE_MS = 2000,
};

#define SWITCHES "+switch-master"

/* ---- when it fails ---- */

static void fail(struct redis_sentinel *self, const char *why)
{
    char before[sizeof self->why];
    char place[280];
    const char *advice = strstr(why, "; start Redis");
    size_t len = advice ? (size_t)(advice - why) : strlen(why);

    if (self->state == SENTINEL_CLOSED || self->state == SENTINEL_CLOSING)
        return;
    memcpy(before, self->why, sizeof before);
    address_join(self->at->name, self->at->port, place, sizeof place);
    snprintf(self->why, sizeof self->why, "%s: %.*s", place, (int)len, why);
    if (strcmp(before, self->why) != 0)
        log_warn("a sentinel is not available: %s", self->why);
    self->state = SENTINEL_CLOSING;
    redis_conn_ignore(&self->conn);
    event_active(&self->close, EV_TIMEOUT, 0);
}

static void close_now(struct redis_sentinel *self)
{
    struct redis_request *request;

    redis_find_stop(&self->find);
    redis_conn_close(&self->conn);
    while ((request = redis_request_list_shift(&self->conn.requests)))
        redis_request_free(&self->owner->pool, request);
    self->asking = false;
    self->subscribed = false;
    self->state = SENTINEL_CLOSED;
}

static void on_close(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_sentinel *self = ctx;

    (void)fd;
    (void)what;
    close_now(self);
    self->events.on_away(self->events.ctx, self->index);
}

static void on_conn_lost(void *ctx, const char *why)
{
    fail(ctx, why);
}

/* ---- what it says ---- */

static void take_master(struct redis_sentinel *self, const struct redis_master *master, bool switched)
{
    if (!master->host[0]) {
        fail(self, "it answers with something that is not an address");
        return;
    }
    self->why[0] = '\0';
    self->events.on_master(self->events.ctx, self->index, master, switched);
}

static bool on_message(void *ctx, const struct redis_value *reply)
{
    struct redis_sentinel *self = ctx;
    const char *text = redis_value_text(redis_value_at(reply, 2), NULL);
    struct redis_master master;

    if (!text || !redis_value_is(redis_value_at(reply, 0), "message"))
        return false;
    if (redis_master_switched(&master, self->owner->conf->master, text))
        take_master(self, &master, true);
    return true;
}

/* The commands that only have to succeed. */
static void on_done(struct redis *owner, struct redis_request *request, const struct redis_value *reply)
{
    struct redis_sentinel *self = request->ctx;

    redis_request_free(&owner->pool, request);
    if (reply->error)
        fail(self, reply->text);
}

/* An address as REPLY has it, or an unknown one. */
static struct redis_master master_in(const struct redis_value *reply)
{
    const char *host = redis_value_text(redis_value_at(reply, 0), NULL);
    const char *port = redis_value_text(redis_value_at(reply, 1), NULL);
    struct redis_master master;

    redis_master_set(&master, host ? host : "", port ? port : "");
    return master;
}

static void on_address(struct redis *owner, struct redis_request *request, const struct redis_value *reply)
{
    struct redis_sentinel *self = request->ctx;
    const struct redis_master master = master_in(reply);
    char why[200];

    redis_request_free(&owner->pool, request);
    self->asking = false;
    if (reply->error) {
        fail(self, reply->text);
    } else if (redis_value_type(reply) == REDIS_TYPE_NONE) {
        snprintf(why, sizeof why, "it does not know a master named %.100s", owner->conf->master);
        fail(self, why);
    } else {
        take_master(self, &master, false);
    }
}

/* ---- asking ---- */

static void send_words(struct redis_sentinel *self, redis_on_reply_fn *on_reply, const char *const *words, size_t count)
{
    struct redis_request *request = redis_request_new(&self->owner->pool);

    request->on_reply = on_reply;
    request->ctx = self;
    redis_conn_send(&self->conn, request, words, count);
}

#define SEND(self, on_reply, ...)                                                                                      \
    send_words(self, on_reply, (const char *const[]){__VA_ARGS__},                                                     \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void send_question(struct redis_sentinel *self)
{
    if (self->subscribed)
        SEND(self, on_done, "UNSUBSCRIBE", SWITCHES);
    SEND(self, on_address, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self->owner->conf->master);
    SEND(self, on_done, "SUBSCRIBE", SWITCHES);
    self->subscribed = true;
    self->asking = true;
}

static void on_found(void *ctx, const char *address)
{
    struct redis_sentinel *self = ctx;
    const struct conf_redis *conf = self->owner->conf;
    const struct redis_place place = {NULL, address, self->at->port, conf->sentinel_tls ? self->owner->trust : NULL,
                                      self->at->name};

    self->state = SENTINEL_OPEN;
    if (!redis_conn_open(&self->conn, &place))
        return;
    if (conf->sentinel_password && conf->sentinel_user)
        SEND(self, on_done, "AUTH", conf->sentinel_user, conf->sentinel_password);
    else if (conf->sentinel_password)
        SEND(self, on_done, "AUTH", conf->sentinel_password);
    send_question(self);
}

static void on_not_found(void *ctx, const char *why)
{
    fail(ctx, why);
}

void redis_sentinel_ask(struct redis_sentinel *self)
{
    if (self->state == SENTINEL_CLOSED) {
        self->state = SENTINEL_FINDING;
        redis_find_start(&self->find, self->at->name, self->at->port);
    } else if (self->state == SENTINEL_OPEN && !self->asking) {
        send_question(self);
    }
}

/* ---- for its owner ---- */

void redis_sentinel_init(struct redis_sentinel *self, struct redis *owner, size_t index,
                         const struct redis_sentinel_events *events)
{
    const struct redis_find_events find = {self, on_found, on_not_found};
    const struct redis_conn_role role = {
        .name = "sentinel", .owner = owner, .ctx = self, .on_lost = on_conn_lost, .on_message = on_message};

    memset(self, 0, sizeof *self);
    self->owner = owner;
    self->at = &owner->conf->hosts[index];
    self->index = index;
    self->events = *events;
    redis_find_init(&self->find, owner->base, &find);
    redis_conn_init(&self->conn, owner->base, &role);
    event_assign(&self->close, owner->base, -1, EV_TIMEOUT, on_close, self);
}

void redis_sentinel_check(struct redis_sentinel *self, int64_t now_us)
{
    redis_find_check(&self->find, now_us, CONNECT_MS);
    if (self->state == SENTINEL_OPEN)
        redis_conn_check(&self->conn, now_us, CONNECT_MS, SILENCE_MS);
}

void redis_sentinel_describe(const struct redis_sentinel *self, char *out, size_t size)
{
    char place[280];

    if (*self->why)
        snprintf(out, size, "%s", self->why);
    else
        snprintf(out, size, "%s: it has not answered",
                 address_join(self->at->name, self->at->port, place, sizeof place));
}

void redis_sentinel_fini(struct redis_sentinel *self)
{
    close_now(self);
    event_del(&self->close);
    redis_conn_fini(&self->conn);
    redis_find_fini(&self->find);
}
