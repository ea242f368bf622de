/* SPDX-License-Identifier: ISC */
/* How far a copy of the record is, to be looked at from another thread while it is followed or made. */
#ifndef ROLLCALL_DIRECTORY_RECORD_WATCH_H
#define ROLLCALL_DIRECTORY_RECORD_WATCH_H

#include <stdatomic.h>

/* Zeroed memory is a copy that is up to date. */
struct record_watch {
    atomic_llong behind_rows;     /* of the log, that the copy lacks, as far as is known */
    atomic_llong behind_since_ms; /* wall clock: when the oldest of these was written; 0: nothing waits */
    atomic_llong making_rows;     /* rows so far, and one, of a copy that is being made; 0: none is */
    atomic_llong made_ms;         /* wall clock: when one was last made; 0: never */
};

#endif
