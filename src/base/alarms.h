/* SPDX-License-Identifier: ISC */
/*
 * What is to happen when, soonest first: a binary heap of alarms that live inside what they are for. Setting, moving
 * and clearing one costs O(log n), asking for the first nothing.
 */
#ifndef ROLLCALL_BASE_ALARMS_H
#define ROLLCALL_BASE_ALARMS_H

#include <stddef.h>
#include <stdint.h>

struct alarm {
    int64_t at_ms; /* monotonic */
    uint32_t slot; /* where in the heap, from 1; 0: not set. Of alarms.c alone */
};

struct alarms {
    struct alarm **heap; /* owned; what it points to is borrowed while set */
    size_t count;
    size_t capacity;
};

void alarms_init(struct alarms *self);
void alarms_fini(struct alarms *self);

/* Sets ALARM, which is not set (zeroed memory is not), for AT_MS. */
void alarms_set(struct alarms *self, struct alarm *alarm, int64_t at_ms);

/* Unsets ALARM; nothing where it is not set. */
void alarms_clear(struct alarms *self, struct alarm *alarm);

/* The soonest, or NULL. */
struct alarm *alarms_first(const struct alarms *self);

/* The soonest if it is due at NOW_MS, or NULL. */
struct alarm *alarms_due(const struct alarms *self, int64_t now_ms);

#endif
