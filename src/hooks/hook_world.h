/* SPDX-License-Identifier: ISC */
/* What all deliveries work with: the way to Redis, to receivers and to the time. */
#ifndef ROLLCALL_HOOKS_HOOK_WORLD_H
#define ROLLCALL_HOOKS_HOOK_WORLD_H

#include "base/alarms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directory;
struct event;
struct event_base;
struct hook_posts;
struct presence;
struct view;

/* What is counted, for /metrics. */
struct hooks_stats {
    unsigned long delivered; /* letters that were taken */
    unsigned long failures;  /* that were not */
    unsigned long changes;   /* in those that were taken */
    unsigned long failing;   /* webhooks in workspaces whose last delivery failed */
    unsigned long lag_s;     /* the age of the oldest change that was not delivered, beyond the delay */
};

struct hook_world {
    struct event_base *base;     /* borrowed */
    struct directory *directory; /* borrowed */
    struct presence *presence;   /* owned by hooks.c, as are the next two; NULL until there is a webhook */
    struct hook_posts *posts;    /* NULL until then */
    struct event *timer;         /* for the first of ALARMS */
    struct alarms alarms;
    int64_t turn_until_ms;     /* monotonic: until when letters may be sent; 0: not now */
    int64_t redis_ms, mono_ms; /* Redis's time at a monotonic one */
    bool stopping;
    struct hooks_stats stats;
};

/* Whether it is our turn now; and whether letters may be sent, too. */
bool hook_world_ours(const struct hook_world *self, int64_t now_ms);
bool hook_world_open(const struct hook_world *self, int64_t now_ms);

/* Redis's time at NOW_MS, as the latest turn told it. */
int64_t hook_world_redis_ms(const struct hook_world *self, int64_t now_ms);

/* Sets the last-seen policy of VIEW's workspace, if VIEW has none. Without it, no time of somebody offline is told. */
void hook_world_set_policy(const struct hook_world *self, struct view *view);

/* Has the loop call when the first alarm is due; never without one. */
void hook_world_schedule(struct hook_world *self);

/* Sets ALARM for AT_MS, unless it is set for an earlier time. */
void hook_world_wake(struct hook_world *self, struct alarm *alarm, int64_t at_ms);

#endif
