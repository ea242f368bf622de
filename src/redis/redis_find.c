/* SPDX-License-Identifier: ISC */
/* See redis_find.h. */
#include "redis/redis_find.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_MAX = 300 };

#define NOBODY "none of its addresses accepts a connection: "

static void found(struct redis_find *self, const char *address)
{
    self->active = false;
    self->events.on_found(self->events.ctx, address);
}

static void failed(struct redis_find *self, const char *start, const char *why)
{
    char sentence[WHY_MAX];

    snprintf(sentence, sizeof sentence, "%s%s", start, why);
    redis_find_stop(self);
    self->events.on_failed(self->events.ctx, sentence);
}

static void on_dialled(void *ctx, const char *address)
{
    struct redis_find *self = ctx;

    self->name.addresses.count = 0; /* the next time they may be others */
    found(self, address);
}

static void on_dial_failed(void *ctx, int error)
{
    char why[200];

    snprintf(why, sizeof why, "%s; start Redis, or set redis in rollcall.conf to where it is", strerror(error));
    failed(ctx, NOBODY, why);
}

static void on_resolved(void *ctx, const char *why)
{
    struct redis_find *self = ctx;

    if (!self->active)
        return; /* Too late for this time, but the next time has the addresses at once. */
    if (why)
        failed(self, "its name cannot be resolved: ", why);
    else
        redis_dial_start(&self->dial, &self->name.addresses, self->port);
}

void redis_find_init(struct redis_find *self, struct event_base *base, const struct redis_find_events *events)
{
    const struct redis_dial_events dial = {self, on_dialled, on_dial_failed};

    memset(self, 0, sizeof *self);
    self->events = *events;
    redis_name_init(&self->name, base, on_resolved, self);
    redis_dial_init(&self->dial, base, &dial);
}

/* What is known of another host is of no use. */
static void forget_unless(struct redis_find *self, const char *host)
{
    if (self->host && strcmp(self->host, host) == 0)
        return;
    redis_name_fini(&self->name);
    self->name.addresses.count = 0;
    free(self->host);
    self->host = mem_text(host);
}

void redis_find_start(struct redis_find *self, const char *host, int port)
{
    redis_find_stop(self);
    forget_unless(self, host);
    self->port = port;
    self->start_us = clock_mono_us();
    self->active = true;
    if (address_is_ip(host))
        found(self, host);
    else if (self->name.addresses.count > 0)
        redis_dial_start(&self->dial, &self->name.addresses, port);
    else
        redis_name_ask(&self->name, host);
}

void redis_find_check(struct redis_find *self, int64_t now_us, int64_t limit_ms)
{
    char why[64];

    if (!self->active || now_us - self->start_us <= limit_ms * 1000)
        return;
    snprintf(why, sizeof why, "no answer within %g s", (double)limit_ms / 1e3);
    failed(self, self->dial.begun > 0 ? NOBODY : "its name cannot be resolved: ", why);
}

void redis_find_turn(struct redis_find *self)
{
    redis_dial_turn(&self->dial);
}

void redis_find_stop(struct redis_find *self)
{
    self->active = false;
    /* Addresses that were tried are looked up again the next time. */
    if (redis_dial_stop(&self->dial))
        self->name.addresses.count = 0;
}

void redis_find_fini(struct redis_find *self)
{
    redis_find_stop(self);
    redis_name_fini(&self->name);
    free(self->host);
    self->host = NULL;
}
