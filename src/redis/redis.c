/* SPDX-License-Identifier: ISC */
/*
 * See redis.h. The whole: two links and the state that they are in together.
 *
 *     waiting --retry--> proving --both passed--> subscribing --all stand--> up
 *        ^                  |                          |                     |
 *        +---- back-off ----+-------- losing <---------+---------------------+
 *
 * Nothing is torn down, and no call answered, from within what found the fault out or asked: both wait for the end of the
 * loop's turn, which is also when commands go out.
 */
#include "redis/redis_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLED_US = 2000000, /* up for so long, the next loss begins with the shortest back-off again */
    LOG_EVERY_US = 1000000,
    LAST_ROUNDS = 100, /* of answers while it is freed */
};

static const struct redis_timing usual_timing = {
    .tick_ms = 500,
    .connect_ms = 5000,
    .ping_ms = 2000,
    .silence_ms = 7500,
    .backoff_min_ms = 50,
    .backoff_max_ms = 2000,
};

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}

bool redis_may_log(struct redis *self)
{
    int64_t now_us = clock_mono_us();

    if (self->logged_us != 0 && now_us - self->logged_us < LOG_EVERY_US)
        return false;
    self->logged_us = now_us;
    return true;
}

/* ---- the end of a turn ---- */

void redis_later(struct redis *self)
{
    if (self->later_set)
        return;
    self->later_set = true;
    event_active(&self->later, EV_TIMEOUT, 0);
}

/* By a timer: whoever asks again at once, again and again, does not keep the loop from everything else. */
void redis_doom(struct redis *self, struct ask *ask)
{
    const struct timeval next_turn = {0, 0};

    if (!self->doomed.head)
        event_add(&self->doom, &next_turn);
    ask_list_push(&self->doomed, ask);
}

/* Moves what LINK has not been answered. */
static void doom_all(struct redis *self, struct link *link)
{
    struct ask *ask;

    while ((ask = ask_list_shift(&link->asks)))
        ask_list_push(&self->doomed, ask);
}

/* Answers those that are doomed now; whoever asks again then is answered next time. */
static void answer_doomed(struct redis *self)
{
    struct ask_list list = self->doomed;
    struct ask *ask;

    if (!list.head)
        return;
    ask_list_init(&self->doomed);
    while ((ask = ask_list_shift(&list)))
        ask->on_reply(self, ask, NULL);
}

static void on_doom(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    answer_doomed(ctx);
}

static void back_off(struct redis *self)
{
    const struct redis_timing *timing = &self->timing;
    int64_t delay_ms;
    struct timeval delay;

    if (self->up_us != 0 && clock_mono_us() - self->up_us > SETTLED_US)
        self->backoff_ms = 0;
    self->up_us = 0;
    self->backoff_ms = self->backoff_ms == 0 ? timing->backoff_min_ms : self->backoff_ms * 2;
    if (self->backoff_ms > timing->backoff_max_ms)
        self->backoff_ms = timing->backoff_max_ms;
    /* Workers that lost the same Redis do not come back all at once. */
    delay_ms = self->backoff_ms / 2 + random_below((uint32_t)(self->backoff_ms / 2 + 1));
    delay = timeval_of(delay_ms);
    event_add(&self->retry, &delay);
}

static void tear_down(struct redis *self)
{
    dial_stop(self);
    link_close(&self->command);
    link_close(&self->channel);
    doom_all(self, &self->command);
    doom_all(self, &self->channel);
    handshake_fini(&self->handshake);
    self->subscribing = 0;
    self->refused_us = 0;
    self->state = STATE_WAITING;
    back_off(self);
    if (self->told_down)
        return;
    self->told_down = true;
    self->was_down = true;
    if (self->events.on_down)
        self->events.on_down(self->events.ctx, self->reason);
}

static void on_later(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;

    (void)fd;
    (void)what;
    self->later_set = false;
    link_flush(&self->command);
    link_flush(&self->channel);
    if (self->state != STATE_LOSING)
        return;
    tear_down(self);
    answer_doomed(self);
}

/* ---- from one state to the next ---- */

static bool is_down(const struct redis *self)
{
    return self->state == STATE_WAITING || self->state == STATE_LOSING || self->state == STATE_CLOSED;
}

/* Where it is looked for, into TEXT: no part of it is secret. */
static void describe_place(const struct conf_redis *conf, char *text, size_t size)
{
    if (conf->unix_path)
        snprintf(text, size, "%s", conf->unix_path);
    else
        snprintf(text, size, strchr(conf->host, ':') ? "[%s]:%d" : "%s:%d", conf->host, conf->port);
}

void redis_lose(struct redis *self, const char *format, ...)
{
    char why[REDIS_REASON_MAX];
    char reason[REDIS_REASON_MAX];
    char place[300];
    va_list args;

    if (is_down(self))
        return;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    describe_place(self->conf, place, sizeof place);
    snprintf(reason, sizeof reason, "Redis is not available at %.100s: %.350s", place, why);
    /* Once, however often it fails again in the same way. */
    if (self->state == STATE_UP || strcmp(reason, self->reason) != 0)
        log_warn("%s", reason);
    memcpy(self->reason, reason, sizeof reason);
    if (self->state == STATE_PROVING)
        dial_turn(&self->dial);
    self->state = STATE_LOSING;
    link_ignore(&self->command);
    link_ignore(&self->channel);
    redis_later(self);
}

void redis_found(struct redis *self)
{
    handshake_init(&self->handshake);
    self->state = STATE_PROVING;
    if (link_open(&self->command) && link_open(&self->channel))
        handshake_start(self);
    self->dial.address[0] = '\0'; /* the next time it may be another */
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;

    (void)fd;
    (void)what;
    self->state = STATE_FINDING;
    name_find(self);
}

void redis_came_up(struct redis *self)
{
    int64_t now_us = clock_mono_us();

    if (self->was_down)
        self->stats.reconnects++;
    self->state = STATE_UP;
    self->up_us = now_us;
    self->command.ping_us = now_us;
    self->channel.ping_us = now_us;
    self->told_down = false;
    self->reason[0] = '\0';
    memcpy(self->replid, self->handshake.replid, sizeof self->replid);
    log_info("Redis is available");
    if (self->events.on_up)
        self->events.on_up(self->events.ctx, self->replid);
}

/* ---- watching over the links ---- */

static void check_silence(struct redis *self, struct link *link, int64_t now_us)
{
    const struct redis_timing *timing = &self->timing;
    const struct ask *oldest = link->asks.head;

    if (link->connecting && now_us - link->start_us > timing->connect_ms * 1000)
        redis_lose(self, "the %s connection failed: no answer within %g s", link->what,
                   (double)timing->connect_ms / 1e3);
    else if (!link->connecting && oldest && now_us - oldest->asked_us > timing->silence_ms * 1000)
        redis_lose(self, "the %s connection was lost: no answer for %g s", link->what,
                   (double)timing->silence_ms / 1e3);
}

static bool is_ping_due(struct redis *self, struct link *link, int64_t now_us)
{
    if (self->state != STATE_UP || now_us - link->ping_us < self->timing.ping_ms * 1000)
        return false;
    link->ping_us = now_us;
    return true;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;
    int64_t now_us = clock_mono_us();

    (void)fd;
    (void)what;
    if (is_down(self))
        return;
    if (self->state == STATE_FINDING && now_us - self->name.start_us > self->timing.connect_ms * 1000)
        redis_lose(self,
                   self->dial.begun > 0 ? "none of its addresses accepts a connection: no answer within %g s"
                                        : "its name cannot be resolved: no answer within %g s",
                   (double)self->timing.connect_ms / 1e3);
    check_silence(self, &self->command, now_us);
    check_silence(self, &self->channel, now_us);
    if (is_ping_due(self, &self->command, now_us))
        handshake_ping(self);
    if (is_ping_due(self, &self->channel, now_us))
        channel_ping(self);
}

/* ---- for callers ---- */

struct redis *redis_new(struct event_base *base, const struct conf_redis *conf, struct redis_script *scripts,
                        size_t count, const struct redis_events *events)
{
    struct redis *self = mem_new(sizeof *self);
    struct timeval tick = timeval_of(usual_timing.tick_ms);
    struct timeval at_once = {0, 0};

    self->base = base;
    self->conf = conf;
    self->scripts = scripts;
    self->script_count = count;
    self->prepared = mem_new((count + 1) * sizeof *self->prepared);
    self->events = *events;
    self->timing = usual_timing;
    snprintf(self->reason, sizeof self->reason, "Redis is not available: it has not answered yet");
    link_init(&self->command, self, "command");
    link_init(&self->channel, self, "channel");
    name_init(&self->name);
    dial_init(&self->dial, self);
    handshake_init(&self->handshake);
    ask_list_init(&self->doomed);
    event_assign(&self->later, base, -1, EV_TIMEOUT, on_later, self);
    event_assign(&self->doom, base, -1, EV_TIMEOUT, on_doom, self);
    event_assign(&self->retry, base, -1, EV_TIMEOUT, on_retry, self);
    event_assign(&self->tick, base, -1, EV_TIMEOUT | EV_PERSIST, on_tick, self);
    event_add(&self->tick, &tick);
    event_add(&self->retry, &at_once);
    return self;
}

void redis_free(struct redis *self)
{
    struct ask *ask;

    if (!self)
        return;
    self->state = STATE_CLOSED;
    event_del(&self->tick);
    event_del(&self->retry);
    dial_stop(self);
    link_close(&self->command);
    link_close(&self->channel);
    doom_all(self, &self->command);
    doom_all(self, &self->channel);
    /* Those who ask again when they are refused are refused again; but somewhere that has to end. */
    for (int round = 0; self->doomed.head && round < LAST_ROUNDS; round++)
        answer_doomed(self);
    while ((ask = ask_list_shift(&self->doomed)))
        ask_free(self, ask);
    event_del(&self->later);
    event_del(&self->doom);
    link_fini(&self->command);
    link_fini(&self->channel);
    name_fini(&self->name);
    handshake_fini(&self->handshake);
    channel_fini(self);
    while ((ask = self->pool)) {
        self->pool = ask->next;
        buf_fini(&ask->tail);
        free(ask);
    }
    free(self->prepared);
    free(self);
}

bool redis_up(const struct redis *self)
{
    return self->state == STATE_UP;
}

const char *redis_eviction(const struct redis *self)
{
    return self->eviction;
}

const char *redis_reason(const struct redis *self)
{
    if (self->state == STATE_UP && self->refused_us != 0)
        return self->refusal;
    return self->reason;
}

const struct redis_stats *redis_stats(const struct redis *self)
{
    return &self->stats;
}
