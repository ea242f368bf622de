/* SPDX-License-Identifier: ISC */
/*
 * What a worker counts, and the board on which all workers of a master show it, so that /metrics is the same whichever of
 * them answers. The board is shared memory, made before the fork: a slot a worker, written by it alone, and a place for the
 * master.
 */
#ifndef ROLLCALL_API_METRICS_H
#define ROLLCALL_API_METRICS_H

#include "api/shared/routes.h"
#include "base/histogram.h"

#include <stddef.h>
#include <stdint.h>

struct buf;

enum { METRICS_STATUSES = 17 };

struct metrics {
    unsigned long requests[ROUTE_KINDS][METRICS_STATUSES];
    struct histogram fanout; /* from a change's taking to the answer of a poll that it woke */
    struct histogram redis;  /* from a script's call to its reply */
    unsigned long redis_calls, redis_failures, redis_reconnects;
    unsigned long accepted, aborted, malformed, timed_out;
    unsigned long changes, lapses, fetches, holds;
    unsigned long rate_limited;
    unsigned long log_dropped; /* lines of the log */
    /* Gauges. */
    unsigned long connections, parked, rooms, redis_up;
};

/* What the master counts. */
struct metrics_master {
    unsigned long silent;      /* workers killed because they did not beat */
    unsigned long log_dropped; /* as above */
};

struct metrics_board;

/* A board of SLOTS, to be made before the fork; lives as long as the process. */
struct metrics_board *metrics_board_new(unsigned slots);

/* Slot I. What was counted by the worker before stays, gauges are zeroed. */
struct metrics *metrics_slot(struct metrics_board *board, unsigned i);

/* The master's own place, written by it alone. */
struct metrics_master *metrics_master(struct metrics_board *board);

void metrics_count(struct metrics *self, unsigned route, int status);

/* Appends the sum of all slots as Prometheus text (exposition format 0.0.4); there are to be WORKERS of them. */
void metrics_render(const struct metrics_board *board, unsigned workers, struct buf *out);

#endif
