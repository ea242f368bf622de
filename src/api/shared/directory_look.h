/* SPDX-License-Identifier: ISC */
/*
 * What /readyz says of the directory: when to check it, and whether a failed check is a fault already. Pure: the caller
 * reads the clock (monotonic ms) and checks the directory.
 */
#ifndef ROLLCALL_API_SHARED_DIRECTORY_LOOK_H
#define ROLLCALL_API_SHARED_DIRECTORY_LOOK_H

#include "directory/directory.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    DIRECTORY_LOOK_MS = 1000, /* between checks */
    DIRECTORY_HELD_MS = 2000, /* how long another process may hold the database before that is a fault */
};

/* Zeroed memory is one that was never checked. */
struct directory_look {
    int64_t looked_ms; /* when it was last checked; 0: never */
    int64_t well_ms;   /* when it last worked */
    char wrong[300];   /* what is wrong, a sentence; "" if nothing is */
};

/* Whether the directory should be checked now. */
bool directory_look_due(const struct directory_look *self, int64_t now_ms);

/* Takes the RESULT of a check, with a sentence in ERROR if it failed. */
void directory_look_take(struct directory_look *self, enum directory_result result, const char *error, int64_t now_ms);

#endif
