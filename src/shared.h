/* SPDX-License-Identifier: ISC */
/* The little that the workers of one master share: memory made before the fork, there as long as any of them. */
#ifndef ROLLCALL_SHARED_H
#define ROLLCALL_SHARED_H

#include <stdatomic.h>

struct metrics_board;

struct shared {
    struct metrics_board *board; /* where each shows what it counts */
    void *commits;               /* where each tells the others that it wrote to the directory */
    unsigned workers;            /* at once; a slot past that is shared with another */
    atomic_uint *beats;          /* one a worker: where each shows the master that its loop goes round */
};

/* For at most WORKERS of them at once. */
struct shared shared_new(unsigned workers);

/* What a worker does in each tick, as number SLOT, and what the master compares with what it read before. */
void shared_beat(const struct shared *self, unsigned slot);
unsigned shared_beats(const struct shared *self, unsigned slot);

#endif
