/* SPDX-License-Identifier: ISC */
/*
 * The shared memory of one master and its workers: counters, the directory's revision, when everybody could last beat,
 * and a count of beats by which the master sees that a worker still responds. It is made before the fork and lives as
 * long as the last of these processes.
 */
#ifndef ROLLCALL_SHARED_PAGE_H
#define ROLLCALL_SHARED_PAGE_H

#include <stdatomic.h>

struct metrics_shared;

/* Copied freely: all copies refer to the same memory, which nobody frees. */
struct shared_page {
    struct metrics_shared *metrics; /* what each process counts */
    void *commits;      /* DIRECTORY_SHARED_BYTES: by it workers tell each other of writes to the directory */
    void *steady;       /* PRESENCE_SHARED_BYTES: by it a new worker learns of an outage before its time */
    unsigned slots;     /* for workers at the same time; one with a higher number shares a slot with another */
    atomic_uint *beats; /* one for each slot */
    const char *owner;  /* a random name, the same for all of them */
};

/* Allocates the memory for SLOTS workers. */
struct shared_page shared_page_new(unsigned slots);

/* Counts a beat of the worker in SLOT: it calls this once a tick. */
void shared_page_beat(const struct shared_page *self, unsigned slot);

/* The number of beats that SLOT has counted, which wraps around. */
unsigned shared_page_beats(const struct shared_page *self, unsigned slot);

#endif
