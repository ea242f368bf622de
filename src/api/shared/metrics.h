/* SPDX-License-Identifier: ISC */
/*
 * What a worker counts, and the shared memory in which all workers of a master count, so that /metrics is the same
 * whichever of them answers. Each process has a struct metrics of its own there, which it alone writes. Which metrics
 * there are: metrics_table.h.
 */
#ifndef ROLLCALL_API_SHARED_METRICS_H
#define ROLLCALL_API_SHARED_METRICS_H

#include "api/shared/metrics_table.h"
#include "api/shared/routes.h"
#include "base/histogram.h"
#include "directory/writer_state.h"
#include "redis/redis_nodes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct fcgi_stats;
struct parked_place_counts;
struct presence_stats;
struct redis_stats;

enum { METRICS_STATUSES = 21 };

struct metrics {
    unsigned long requests[ROUTE_KINDS][METRICS_STATUSES];
#define METRICS_MEMBER(name, ...) unsigned long name;
    METRICS_NUMBERS(METRICS_MEMBER, METRICS_MEMBER, METRICS_MEMBER)
#undef METRICS_MEMBER
#define METRICS_MEMBER(name, ...) struct histogram name;
    METRICS_HISTOGRAMS(METRICS_MEMBER, METRICS_MEMBER)
#undef METRICS_MEMBER
    struct redis_nodes nodes;
};

struct metrics_shared;

/*
 * Allocates shared memory for SLOTS workers and the master. Call it before the fork; it lives as long as the processes.
 */
struct metrics_shared *metrics_shared_new(unsigned slots);

/*
 * The metrics of the worker in slot I, to be called when it starts. Gauges are zeroed. Numbers that the code counts go
 * on from the worker before; those that are copied begin again with the first metrics_measure().
 */
struct metrics *metrics_slot(struct metrics_shared *self, unsigned i);

/* The metrics of the master, which it alone writes. */
struct metrics *metrics_master(struct metrics_shared *self);

/* Counts an answer with the HTTP status STATUS by ROUTE, an enum route. */
void metrics_count(struct metrics *self, unsigned route, int status);

/* What the layers below count; borrowed during metrics_measure(). */
struct metrics_sources {
    const struct redis_stats *redis;
    const struct presence_stats *presence;
    const struct fcgi_stats *fcgi;
    const struct parked_place_counts *places;
    unsigned long polls;                      /* parked now, with streams */
    unsigned long streams;                    /* of these */
    bool redis_up;                            /* the connection to Redis works; of a cluster, all that are needed */
    unsigned redis_partitions, redis_servers; /* that are up */
    struct writer_figures record;             /* zeroed without one */
};

/* Copies into SELF all that the table takes from FROM. */
void metrics_measure(struct metrics *self, const struct metrics_sources *from);

/* Appends the sums, or what is highest, over all processes to OUT, as Prometheus text (exposition format 0.0.4). */
void metrics_render(const struct metrics_shared *self, struct buf *out);

#endif
