/* SPDX-License-Identifier: ISC */
/*
 * What is due when, soonest first: a binary heap of alarms that live inside what they are for. Setting and clearing
 * an alarm costs O(log n); the first one costs nothing to find. Pure: time is an argument.
 */
#ifndef ROLLCALL_BASE_ALARMS_H
#define ROLLCALL_BASE_ALARMS_H

#include <stddef.h>
#include <stdint.h>

struct alarm {
    int64_t at_ms; /* monotonic */
    uint32_t slot; /* in the heap, from 1; 0: not set. Only alarms.c changes it */
};

struct alarms {
    struct alarm **heap; /* owned; what it points to is borrowed while set */
    size_t count;
    size_t capacity;
};

/* An empty heap; frees it, leaving the alarms. */
void alarms_init(struct alarms *self);
void alarms_fini(struct alarms *self);

/* Sets ALARM for AT_MS. It must not be set (zeroed memory is not). */
void alarms_set(struct alarms *self, struct alarm *alarm, int64_t at_ms);

/* Clears ALARM, if it is set. */
void alarms_clear(struct alarms *self, struct alarm *alarm);

/* The soonest alarm, or NULL. It stays set. */
struct alarm *alarms_first(const struct alarms *self);

/* The soonest alarm if it is due at NOW_MS, else NULL. It stays set. */
struct alarm *alarms_due(const struct alarms *self, int64_t now_ms);

#endif
