/* SPDX-License-Identifier: ISC */
/* What the other files of src/redis/ need of subscriptions; subscribing: redis_subscribe() in redis.h. */
#ifndef ROLLCALL_REDIS_CHANNEL_H
#define ROLLCALL_REDIS_CHANNEL_H

#include "redis/redis_state.h"

/* Subscribes to all channels, and calls redis_came_up() when all are confirmed. */
void redis_channel_resubscribe(struct redis *self);

/* Takes REPLY if it is a message on a channel; false if it answers a request. */
bool redis_channel_message(struct redis *self, const struct redis_value *reply);

/* Checks that the channel connection still answers. */
void redis_channel_ping(struct redis *self);

/* Forgets all channels. */
void redis_channel_fini(struct redis *self);

#endif
