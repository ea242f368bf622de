/* SPDX-License-Identifier: ISC */
/*
 * What a user, or a stranger's address, may make one worker do: an account for each kind of cost, kept by each worker for
 * itself. docs/ARCHITECTURE.md has the table of what each route costs. Pure: time is an argument.
 */
#ifndef ROLLCALL_API_COSTS_H
#define ROLLCALL_API_COSTS_H

#include <stdbool.h>
#include <stdint.h>

enum cost {
    COST_NONE,   /* an administrator's, or the same few bytes for everyone */
    COST_BEAT,   /* a request that others may hear of: rate_limit a second */
    COST_LEAVE,  /* leaving, on an account of its own: a page that is closed cannot ask twice; rate_limit a second */
    COST_WORK,   /* about 40 us of a worker: COSTS_WORK times rate_limit a second */
    COST_SEAT,   /* a participant of a DM that is opened, and so somebody to be told: rate_limit a second */
    COST_NOBODY, /* a request without a valid credential, by its address: rate_limit a second */
    COST_VERIFY, /* a microsecond of verifying what comes from addresses beyond that: COSTS_VERIFY_US a second */
    COST_KINDS
};

enum {
    COSTS_WORK = 50,           /* with the default of 20: 1,000 polls a second, or 4 % of a worker's time */
    COSTS_WORK_BYTES = 4096,   /* bytes of a request's body, to be read and parsed, that are one more unit of work */
    COSTS_WORK_ANSWER = 16384, /* bytes of a poll's answer that are */
    COSTS_WORK_ROWS = 50,      /* rows of another answer that are */
    COSTS_WORK_NARROWED = 100, /* people a poll is narrowed to who are */
    COSTS_WORK_ASKED = 10,     /* ids that are, if the database has to be asked about them */
    COSTS_VERIFY_US = 100000,
};

struct costs;

/* Accounts that hold two seconds' worth of RATE_LIMIT. NULL if that is 0; all below take NULL for "no limit". */
struct costs *costs_new(unsigned rate_limit);
void costs_free(struct costs *self);

/*
 * Takes AMOUNT of COST from the account of WHO at NOW_MS (monotonic), if anything is left on it: what it lacks is a debt. False
 * if not; AFTER_S (may be NULL) then says in how many seconds to ask again. An AMOUNT of 0 only asks.
 */
bool costs_take(struct costs *self, enum cost cost, const char *who, unsigned amount, int64_t now_ms,
                unsigned *after_s);

/* Takes AMOUNT in any case: for what is known only once it is done. */
void costs_charge(struct costs *self, enum cost cost, const char *who, unsigned amount, int64_t now_ms);

#endif
