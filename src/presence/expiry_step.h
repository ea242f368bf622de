/* SPDX-License-Identifier: ISC */
/*
 * What decides whether leases may lapse: the lapse of a lease itself is Redis's work (lua/expire.lua), asked for by
 * expiry.c in all partitions, round after round. Pure: no clock, no Redis; times come in, what to do comes out.
 *
 * Leases are judged by Redis's clock. The worker's own clock only notices that Redis's leapt, or that Redis stood
 * still or was out of reach, or that no caller could be identified: then expiry is held for as long as the longest
 * lease, because nobody could have said that they are here.
 */
#ifndef ROLLCALL_PRESENCE_EXPIRY_STEP_H
#define ROLLCALL_PRESENCE_EXPIRY_STEP_H

#include "presence/presence.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EXPIRY_LEAP_TOLERANCE_MS = 2000, /* a slow moment is not a leap */
    EXPIRY_OUTAGE_MS = 2000,         /* a shorter loss of Redis is within what every lease has to spare */
    EXPIRY_FLICKER_MS = 300,         /* losses with less between them are one: hardly a beat comes through */
    EXPIRY_STEADY_MS = 1000,         /* losses with less between them add up: a beat may have met them all */
    EXPIRY_AWAY_MS = 4000,           /* a failover of a second or two, and coming back after it, is not an absence */
};

struct expiry_step {
    int64_t hold_ms;       /* for how long expiry is held */
    unsigned partitions;   /* in a round */
    int64_t redis_ms;      /* Redis's time at mono_ms; 0: never seen */
    int64_t former_ms;     /* if redis_ms is 0: that of the server where the leases were, at mono_ms; 0: nowhere */
    int64_t judged_ms;     /* Redis's time when it last answered and nothing was held; 0: never */
    int64_t mono_ms;       /* monotonic, as are all below */
    int64_t reached_ms;    /* when some partition was last run */
    int64_t heard_ms;      /* when Redis last said anything, be it that it refuses */
    int64_t ticked_ms;     /* of the last tick; 0 before the first */
    int64_t failing_ms;    /* since when nobody could beat; 0: they can */
    int64_t usable_ms;     /* since when they can again, after failing_ms; 0: they cannot */
    int64_t lost_ms;       /* how long they could not in earlier losses, with less than EXPIRY_STEADY_MS between */
    int64_t hold_until_ms; /* nothing may lapse before */
    unsigned outstanding;  /* partitions of this round that have not finished */
    bool met;              /* a round has succeeded */
    bool failed;           /* some partition of this round could not be run, or nobody could be identified */
};

/* What to do after an event. */
struct expiry_actions {
    bool run;         /* begin a round: run every partition */
    bool again;       /* run this partition once more: more is due in it */
    bool over;        /* the round is over: leases that were due before it are settled, or Redis cannot be used */
    const char *held; /* if expiry is held from now on: why, for the log. Otherwise NULL */
};

/* What a partition answered. */
struct expiry_answer {
    int64_t redis_ms; /* Redis's time */
    bool leapt;       /* it is further from expiry_step_expected_ms() than the tolerance */
    bool more;        /* as many leases were due as one call takes */
    bool refusing;    /* Redis has just refused something else, so beats may be refused, though this was not */
};

/* Begins, for leases of at most LEASE_MS in so many PARTITIONS. */
void expiry_step_init(struct expiry_step *self, int64_t lease_ms, unsigned partitions);

/* Others, whom SELF follows, last found at STEADY_MS that everybody could beat; 0: never. Before the first tick. */
void expiry_step_follow(struct expiry_step *self, int64_t steady_ms);

/* Whether everybody can beat, and could of late. */
bool expiry_step_steady(const struct expiry_step *self);

/*
 * Every PRESENCE_TICK_MS, and when Redis is back. UP: whether Redis can be asked. KNOWN: whether callers can be
 * identified; if not, their beats are refused.
 */
struct expiry_actions expiry_step_tick(struct expiry_step *self, bool up, bool known, int64_t now_ms);

/* A partition of the round answered. */
struct expiry_actions expiry_step_answered(struct expiry_step *self, const struct expiry_answer *answer,
                                           int64_t now_ms);

/*
 * A partition of the round could not be run: Redis is out of reach; or it was HEARD, but refuses or answers in the
 * wrong shape.
 */
struct expiry_actions expiry_step_failed(struct expiry_step *self, bool heard, int64_t now_ms);

/*
 * The leases are at another server now, with a clock of its own: nothing of its time is known, and nothing may lapse
 * for as long as the longest lease.
 */
struct expiry_actions expiry_step_moved(struct expiry_step *self, int64_t now_ms);

/* The connection to Redis was lost, be it for less than a tick. */
void expiry_step_lost(struct expiry_step *self, int64_t now_ms);

/* Redis's time is REDIS_MS, as something else than a round told. */
void expiry_step_saw(struct expiry_step *self, int64_t redis_ms, int64_t now_ms);

/* Redis said something else: it is back. */
void expiry_step_heard(struct expiry_step *self, int64_t now_ms);

/*
 * Whether nothing may lapse now: during a hold, and after any loss until everybody could beat for EXPIRY_STEADY_MS
 * without a break.
 */
bool expiry_step_held(const struct expiry_step *self, int64_t now_ms);

/*
 * 0 if nothing is held now. Otherwise the last time, by Redis's clock, at which nothing was; 1 if that was never. What
 * ended by then is over in any case.
 */
int64_t expiry_step_judged_ms(const struct expiry_step *self, int64_t now_ms);

/* Redis's time now, if its clock went on as the worker's did; 0 before it was first seen. */
int64_t expiry_step_expected_ms(const struct expiry_step *self, int64_t now_ms);

/*
 * The same to be shown: while the time of the server that has the leases is not known, that of the one that had them.
 * 0 before any was seen.
 */
int64_t expiry_step_shown_ms(const struct expiry_step *self, int64_t now_ms);

/*
 * The same as expiry_step_expected_ms() for a call that is made now, less the time for which Redis has said nothing: so
 * a Redis that stands still finds all calls that waited in it as old as the first. 0 before it was first seen.
 */
int64_t expiry_step_asked_ms(const struct expiry_step *self, int64_t now_ms);

/* Whether Redis has been out of reach for longer than a failover takes. The worker's own late ticks do not count. */
bool expiry_step_away(const struct expiry_step *self);

#endif
