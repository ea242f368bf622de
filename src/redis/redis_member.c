/* SPDX-License-Identifier: ISC */
/* See redis_member.h. */
#include "redis/redis_member.h"

#include <event2/event.h>

void redis_join(struct redis *self, uint64_t partitions, struct redis_stats *stats)
{
    self->clustered = true;
    self->partitions = partitions;
    self->stats = stats;
}

void redis_scout(struct redis *self, struct redis_stats *stats)
{
    redis_join(self, UINT64_MAX, stats);
    self->scouting = true;
}

void redis_scout_go(struct redis *self)
{
    const struct timeval at_once = {0, 0};

    if (!self->answered || self->state != STATE_WAITING)
        return;
    self->answered = false;
    event_add(&self->retry, &at_once);
}

void redis_scouted(struct redis *self)
{
    self->answered = true;
    self->told_down = false;
    self->state = STATE_LOSING;
    redis_conn_ignore(&self->command);
    event_active(&self->lost, EV_TIMEOUT, 0);
}

bool redis_misplaced(struct redis *self, unsigned partition, enum redis_fault fault)
{
    if (!self->clustered || !redis_fault_is_misplaced(fault))
        return false;
    enum redis_misplaced why = fault == FAULT_MOVED    ? MISPLACED_MOVED
                               : fault == FAULT_MOVING ? MISPLACED_MOVING
                                                       : MISPLACED_DOWN;
    if (self->events.on_misplaced)
        self->events.on_misplaced(self->events.ctx, partition, why);
    return true;
}
