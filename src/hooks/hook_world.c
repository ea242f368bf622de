/* SPDX-License-Identifier: ISC */
/* See hook_world.h. */
#include "hooks/hook_world.h"

#include "base/clock.h"
#include "directory/policies.h"
#include "view/view.h"

#include <event2/event.h>

bool hook_world_ours(const struct hook_world *self, int64_t now_ms)
{
    return now_ms < self->turn_until_ms;
}

bool hook_world_open(const struct hook_world *self, int64_t now_ms)
{
    return !self->stopping && hook_world_ours(self, now_ms);
}

int64_t hook_world_redis_ms(const struct hook_world *self, int64_t now_ms)
{
    return self->redis_ms > 0 ? self->redis_ms + now_ms - self->mono_ms : 0;
}

void hook_world_set_policy(const struct hook_world *self, struct view *view)
{
    struct status_policy policy;
    if (view_wants_last_seen(view) &&
        directory_get_policy(self->directory, view_workspace(view), &policy) == DIRECTORY_OK)
        view_set_last_seen(view, policy.last_seen);
}

void hook_world_schedule(struct hook_world *self)
{
    const struct alarm *first = alarms_first(&self->alarms);
    int64_t wait_ms = first ? first->at_ms - clock_mono_ms() : 0;
    struct timeval timeout = {wait_ms > 0 ? wait_ms / 1000 : 0, wait_ms > 0 ? wait_ms % 1000 * 1000 : 0};
    if (first)
        event_add(self->timer, &timeout);
    else
        event_del(self->timer);
}

void hook_world_wake(struct hook_world *self, struct alarm *alarm, int64_t at_ms)
{
    if (alarm->slot > 0 && alarm->at_ms <= at_ms)
        return;
    alarms_clear(&self->alarms, alarm);
    alarms_set(&self->alarms, alarm, at_ms);
    if (alarms_first(&self->alarms) == alarm)
        hook_world_schedule(self);
}
