/* SPDX-License-Identifier: ISC */
/*
 * See redis.h. What drives the state that redis_state.h draws: finding Redis, connecting, tearing down and backing
 * off, and watching over the connections.
 */
#include "redis/redis.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "redis/redis_channel.h"
#include "redis/redis_handshake.h"
#include "redis/redis_sentinels.h"
#include "redis/redis_state.h"
#include "redis/redis_writing.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLED_US = 100000, /* up for this long, the next loss begins with the shortest back-off again: Redis is well */
    LAST_ROUNDS = 100,   /* of answers while it is freed */
};

static const struct redis_timing usual_timing = {
    .tick_ms = 500,
    .connect_ms = 5000,
    .ping_ms = 2000,
    .silence_ms = 7500,
    .backoff_min_ms = 50,
    .backoff_max_ms = 2000,
};

/* With sentinels: a server that has vanished must not keep us from the one that they name. */
static const struct redis_timing sentinel_timing = {
    .tick_ms = 500,
    .connect_ms = 1000,
    .ping_ms = 2000,
    .silence_ms = 7500,
    .backoff_min_ms = 50,
    .backoff_max_ms = 250,
};

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}

/* ---- finding and connecting ---- */

/* Connects to ADDRESS, or to the socket. */
static void connect_to(struct redis *self, const char *address)
{
    const struct conf_redis *conf = self->conf;
    const struct redis_place place = {conf->unix_path, address, self->port, conf->tls ? self->trust : NULL,
                                      conf->sni ? conf->sni : self->host};

    redis_handshake_init(&self->handshake);
    self->state = STATE_PROVING;
    if (redis_conn_open(&self->command, &place) && (self->scouting || redis_conn_open(&self->channel, &place)))
        redis_handshake_start(self);
}

static void on_found(void *ctx, const char *address)
{
    connect_to(ctx, address);
}

static void on_not_found(void *ctx, const char *why)
{
    redis_lose(ctx, "%s", why);
}

/* Reads the files for TLS, unless it was done before or is not needed. */
static bool has_trust(struct redis *self)
{
    char why[REDIS_REASON_MAX];

    if ((!self->conf->tls && !self->conf->sentinel_tls) || self->trust)
        return true;
    self->trust = redis_trust_new(self->conf, why, sizeof why);
    if (!self->trust)
        redis_lose(self, "%s", why);
    return self->trust;
}

static void seek(struct redis *self, const char *host, int port)
{
    self->host = host;
    self->port = port;
    redis_use_node(self);
    if (self->conf->unix_path)
        connect_to(self, NULL);
    else
        redis_find_start(&self->find, host, port);
}

/* What the sentinels say, this time. */
static void on_master(struct redis *self, const struct redis_master *master)
{
    self->master = *master;
    seek(self, self->master.host, self->master.port);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;
    const struct conf_redis *conf = self->conf;

    (void)fd;
    (void)what;
    if (self->events.on_connect)
        self->events.on_connect(self->events.ctx);
    self->state = STATE_FINDING;
    self->host = conf->host;
    self->port = conf->port;
    if (!has_trust(self))
        return;
    if (self->sentinels)
        redis_sentinels_want(self->sentinels);
    else
        seek(self, conf->host, conf->port);
}

/* ---- tearing down ---- */

static void close_both(struct redis *self)
{
    redis_find_stop(&self->find);
    redis_conn_close(&self->command);
    redis_conn_close(&self->channel);
    redis_request_list_move(&self->failing, &self->command.requests);
    redis_request_list_move(&self->failing, &self->channel.requests);
}

static void back_off(struct redis *self)
{
    const struct redis_timing *timing = &self->timing;

    if (self->up_us != 0 && clock_mono_us() - self->up_us > SETTLED_US)
        self->backoff_ms = 0;
    self->up_us = 0;
    self->backoff_ms = self->backoff_ms == 0 ? timing->backoff_min_ms : self->backoff_ms * 2;
    if (self->backoff_ms > timing->backoff_max_ms)
        self->backoff_ms = timing->backoff_max_ms;
    /* Workers that lost the same Redis do not come back all at once. */
    int64_t delay_ms = self->backoff_ms / 2 + random_below((uint32_t)(self->backoff_ms / 2 + 1));
    struct timeval delay = timeval_of(self->hurrying ? 0 : delay_ms);
    self->hurrying = false;
    event_add(&self->retry, &delay);
}

static void tell_down(struct redis *self)
{
    if (self->told_down)
        return;
    self->told_down = true;
    self->was_down = true;
    if (self->events.on_down)
        self->events.on_down(self->events.ctx, self->reason);
}

/* The end of the turn in which redis_lose() was called. */
static void on_lost(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;

    (void)fd;
    (void)what;
    close_both(self);
    redis_handshake_fini(&self->handshake);
    self->subscribing = 0;
    self->asking = false;
    self->refused_us = 0;
    self->state = STATE_WAITING;
    if (!self->answered) {
        back_off(self);
        tell_down(self);
    }
    redis_fail_all(self);
}

static void on_fail(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    redis_fail_all(ctx);
}

/* ---- watching over the connections ---- */

static void on_conn_lost(void *ctx, const char *why)
{
    redis_lose(ctx, "%s", why);
}

static bool on_conn_message(void *ctx, const struct redis_value *reply)
{
    return redis_channel_message(ctx, reply);
}

static bool is_ping_due(struct redis *self, struct redis_conn *conn, int64_t now_us)
{
    if (self->state != STATE_UP || now_us - conn->ping_us < self->timing.ping_ms * 1000)
        return false;
    conn->ping_us = now_us;
    return true;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;
    const struct redis_timing *timing = &self->timing;
    int64_t now_us = clock_mono_us();

    (void)fd;
    (void)what;
    if (self->sentinels) {
        redis_sentinels_tick(self->sentinels, now_us);
        self->stats->sentinels = redis_sentinels_known(self->sentinels);
    }
    if (redis_is_down(self))
        return;
    redis_find_check(&self->find, now_us, timing->connect_ms);
    redis_conn_check(&self->command, now_us, timing->connect_ms, timing->silence_ms);
    redis_conn_check(&self->channel, now_us, timing->connect_ms, timing->silence_ms);
    if (is_ping_due(self, &self->command, now_us)) {
        redis_handshake_ping(self);
        redis_writing_try(self);
    } else if (self->unwritable && self->state == STATE_UP) {
        redis_writing_try(self); /* that it takes them again must not be noticed late */
    }
    if (is_ping_due(self, &self->channel, now_us))
        redis_channel_ping(self);
}

/* ---- for callers ---- */

static void init_conns(struct redis *self)
{
    const struct redis_conn_role command = {.name = "command", .owner = self, .ctx = self, .on_lost = on_conn_lost};
    /* Changes are told before anything else is done, if the loop has priorities. */
    const struct redis_conn_role channel = {.name = "channel",
                                            .urgent = true,
                                            .owner = self,
                                            .ctx = self,
                                            .on_lost = on_conn_lost,
                                            .on_message = on_conn_message};

    redis_conn_init(&self->command, self->base, &command);
    redis_conn_init(&self->channel, self->base, &channel);
}

static void init_events(struct redis *self)
{
    struct timeval tick = timeval_of(usual_timing.tick_ms);
    struct timeval at_once = {0, 0};

    event_assign(&self->lost, self->base, -1, EV_TIMEOUT, on_lost, self);
    event_assign(&self->fail, self->base, -1, EV_TIMEOUT, on_fail, self);
    event_assign(&self->retry, self->base, -1, EV_TIMEOUT, on_retry, self);
    event_assign(&self->tick, self->base, -1, EV_TIMEOUT | EV_PERSIST, on_tick, self);
    event_add(&self->tick, &tick);
    event_add(&self->retry, &at_once);
}

struct redis *redis_new(struct event_base *base, const struct conf_redis *conf, struct redis_script *scripts,
                        size_t count, const struct redis_events *events)
{
    struct redis *self = mem_new(sizeof *self);
    const struct redis_find_events find_events = {self, on_found, on_not_found};

    self->base = base;
    self->conf = conf;
    self->scripts = scripts;
    self->script_count = count;
    self->prepared = mem_new((count + 1) * sizeof *self->prepared);
    self->events = *events;
    self->stats = &self->own_stats;
    self->timing = conf->kind == CONF_REDIS_SENTINEL ? sentinel_timing : usual_timing;
    snprintf(self->reason, sizeof self->reason, "Redis is not available: it has not answered yet");
    init_conns(self);
    redis_find_init(&self->find, base, &find_events);
    redis_handshake_init(&self->handshake);
    redis_request_list_init(&self->failing);
    init_events(self);
    if (conf->kind == CONF_REDIS_SENTINEL)
        self->sentinels = redis_sentinels_new(self, on_master);
    return self;
}

/* Callers that ask again when they are refused are refused again; but that has to end some time. */
static void fail_rest(struct redis *self)
{
    struct redis_request *request;

    for (int round = 0; self->failing.head && round < LAST_ROUNDS; round++)
        redis_fail_all(self);
    while ((request = redis_request_list_shift(&self->failing)))
        redis_request_free(&self->pool, request);
}

void redis_free(struct redis *self)
{
    if (!self)
        return;
    self->state = STATE_CLOSED;
    redis_leave_node(self);
    event_del(&self->tick);
    event_del(&self->retry);
    event_del(&self->lost);
    redis_sentinels_free(self->sentinels);
    close_both(self);
    fail_rest(self);
    event_del(&self->fail);
    redis_conn_fini(&self->command);
    redis_conn_fini(&self->channel);
    redis_trust_free(self->trust);
    redis_find_fini(&self->find);
    redis_handshake_fini(&self->handshake);
    redis_channel_fini(self);
    redis_request_pool_fini(&self->pool);
    free(self->prepared);
    free(self);
}

bool redis_up(const struct redis *self)
{
    return self->state == STATE_UP;
}

bool redis_caught_up(const struct redis *self)
{
    return redis_up(self) && !redis_conn_has_input(&self->channel);
}

const char *redis_eviction(const struct redis *self)
{
    return self->eviction;
}

bool redis_refuses(const struct redis *self)
{
    return self->state == STATE_UP && (self->unwritable || self->refused_us != 0);
}

const char *redis_reason(const struct redis *self)
{
    if (redis_refuses(self))
        return self->refusal;
    return self->reason;
}

const struct redis_stats *redis_stats(const struct redis *self)
{
    return self->stats;
}
