/* SPDX-License-Identifier: ISC */
/*
 * Whether a server that is up takes writes: it may answer, and yet refuse them for want of memory or replicas, or
 * because it cannot save. It is tried at each connect, by the probe, and with each ping. redis_refuses() and
 * redis_reason() tell.
 */
#ifndef ROLLCALL_REDIS_WRITING_H
#define ROLLCALL_REDIS_WRITING_H

#include "redis/redis_state.h"

/* A key, and in a cluster a channel, to try what may be done with those of a partition that the server has. */
struct redis_probe_name {
    char text[sizeof "rollcall:{63}:probe"];
};

/* The name for SELF: of a partition that it has, and of which Redis did not say last that it is elsewhere. */
struct redis_probe_name redis_probe_name(const struct redis *self);

/* Tries whether SELF, which is up, takes writes. What it answers is kept. */
void redis_writing_try(struct redis *self);

/* An attempt to write was answered with ERROR; WHAT is that, with what was tried. Gives SELF up if it has to. */
void redis_writing_failed(struct redis *self, const char *error, const char *what);

#endif
