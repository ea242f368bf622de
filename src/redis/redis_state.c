/* SPDX-License-Identifier: ISC */
/* See redis_state.h. */
#include "redis/redis_state.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    LOG_EVERY_US = 1000000,
    REDIS_PLACE_MAX = 300, /* a host and a port */
};

bool redis_is_down(const struct redis *self)
{
    return self->state == STATE_WAITING || self->state == STATE_LOSING || self->state == STATE_CLOSED;
}

bool redis_may_log(struct redis *self)
{
    int64_t now_us = clock_mono_us();

    if (self->logged_us != 0 && now_us - self->logged_us < LOG_EVERY_US)
        return false;
    self->logged_us = now_us;
    return true;
}

/* ---- losing it and coming up ---- */

/* Where it is looked for, into TEXT: no part of it is secret. */
static void describe_place(const struct redis *self, char *text, size_t size)
{
    if (self->conf->unix_path)
        snprintf(text, size, "%s", self->conf->unix_path);
    else if (self->host)
        address_join(self->host, self->port, text, size);
    else
        snprintf(text, size, "the master %s", self->conf->master);
}

void redis_use_node(struct redis *self)
{
    char place[REDIS_PLACE_MAX];

    if (self->scouting)
        return;
    describe_place(self, place, sizeof place);
    self->node = redis_nodes_at(&self->stats->nodes, place);
}

void redis_leave_node(struct redis *self)
{
    if (self->counted)
        self->node->up--;
    if (self->unwritable)
        self->node->refusing--;
    self->counted = false;
    self->unwritable = false;
}

void redis_lose(struct redis *self, const char *format, ...)
{
    char why[REDIS_REASON_MAX];
    char reason[REDIS_REASON_MAX];
    char place[REDIS_PLACE_MAX];
    va_list args;

    if (redis_is_down(self))
        return;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    describe_place(self, place, sizeof place);
    snprintf(reason, sizeof reason, "Redis is not available at %.100s: %.350s", place, why);
    /* Once, however often it fails again in the same way. If sentinels do not agree, the ways take turns. */
    if (self->state == STATE_UP || (strcmp(reason, self->reason) != 0 && (!self->sentinels || redis_may_log(self))))
        log_warn("%s", reason);
    memcpy(self->reason, reason, sizeof reason);
    if (self->state == STATE_PROVING)
        redis_find_turn(&self->find);
    self->state = STATE_LOSING;
    redis_leave_node(self);
    redis_conn_ignore(&self->command);
    redis_conn_ignore(&self->channel);
    event_active(&self->lost, EV_TIMEOUT, 0);
}

void redis_hurry(struct redis *self)
{
    const struct timeval at_once = {0, 0};

    self->backoff_ms = 0;
    if (self->state == STATE_WAITING)
        event_add(&self->retry, &at_once);
    else
        self->hurrying = true;
}

void redis_came_up(struct redis *self)
{
    int64_t now_us = clock_mono_us();
    char place[REDIS_PLACE_MAX];

    if (self->was_down)
        self->stats->reconnects++;
    self->state = STATE_UP;
    self->node->up++;
    self->counted = true;
    self->up_us = now_us;
    self->command.ping_us = now_us;
    self->channel.ping_us = now_us;
    self->told_down = false;
    self->reason[0] = '\0';
    memcpy(self->replid, self->handshake.replid, sizeof self->replid);
    if (self->clustered)
        log_info("Redis is available at %s", address_join(self->host, self->port, place, sizeof place));
    else if (self->sentinels)
        log_info("Redis is available: the sentinels' master at %s port %d", self->host, self->port);
    else
        log_info("Redis is available");
    if (self->events.on_up)
        self->events.on_up(self->events.ctx, self->replid);
}

/* ---- what it refuses ---- */

void redis_note_refusal(struct redis *self, const char *does, const char *error)
{
    char place[REDIS_PLACE_MAX] = "";
    size_t len = strlen(error);

    /* Which one, if there is more than one. */
    if (self->clustered || self->sentinels)
        describe_place(self, place, sizeof place);
    len -= len > 0 && error[len - 1] == '.';
    snprintf(self->refusal, sizeof self->refusal, "Redis%s%.100s %s: %.*s", *place ? " at " : "", place, does,
             (int)(len < REDIS_REASON_MAX ? len : REDIS_REASON_MAX), error);
}

/* ---- requests that fail ---- */

void redis_fail_later(struct redis *self, struct redis_request *request)
{
    const struct timeval next_turn = {0, 0};

    /*
     * By a timer, so that a caller that asks again each time it is refused does not keep the loop from everything else.
     */
    if (!self->failing.head)
        event_add(&self->fail, &next_turn);
    redis_request_list_push(&self->failing, request);
}

void redis_fail_all(struct redis *self)
{
    struct redis_request_list list;
    struct redis_request *request;

    redis_request_list_init(&list);
    redis_request_list_move(&list, &self->failing);
    while ((request = redis_request_list_shift(&list)))
        request->on_reply(self, request, NULL);
}
