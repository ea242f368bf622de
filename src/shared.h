/* SPDX-License-Identifier: ISC */
/* The little that the workers of one master share: memory made before the fork, there as long as any of them. */
#ifndef ROLLCALL_SHARED_H
#define ROLLCALL_SHARED_H

struct metrics_board;

struct shared {
    struct metrics_board *board; /* where each shows what it counts */
    void *commits;               /* where each tells the others that it wrote to the directory */
};

/* For at most WORKERS of them at once. */
struct shared shared_new(unsigned workers);

#endif
