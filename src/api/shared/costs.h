/* SPDX-License-Identifier: ISC */
/*
 * What requests cost: the kinds of cost, their units, and how much of each may be spent. accounts.h keeps the
 * accounts, spend.h takes from them; api/routes.c says what each request costs. docs/ARCHITECTURE.md has the table.
 */
#ifndef ROLLCALL_API_SHARED_COSTS_H
#define ROLLCALL_API_SHARED_COSTS_H

enum cost {
    COST_NONE,  /* free: an administrator's request, or the same few bytes for everyone */
    COST_BEAT,  /* a request that others may notice: rate_limit a second */
    COST_LEAVE, /* leaving, which has its own account because a closing page cannot try again: rate_limit a second */
    COST_WORK,  /* about 40 us of a worker: COSTS_WORK times rate_limit a second */
    COST_SEAT,  /* a participant of a conversation that is opened, who has to be told: rate_limit a second */
    COST_OWN_STATUS, /* a change of a status set by hand, which is stored and told to all: COSTS_OWN_STATUS a minute */
    COST_CLAIM,      /* a change of a claim, which programs renew: COSTS_CLAIM a minute */
    COST_PLACE,      /* a change of who is at a place, which others notice: COSTS_PLACE a second */
    COST_NOBODY,     /* a request without a valid credential, counted by address: rate_limit a second */
    COST_VERIFY, /* a microsecond of checking credentials from addresses over that limit: COSTS_VERIFY_US a second */
    COST_KINDS
};

/* How many of each add one more unit of COST_WORK, and the limits that do not come from rate_limit alone. */
enum {
    COSTS_WORK = 50,           /* with the default rate_limit of 20: 1,000 polls a second, or 4 % of a worker's time */
    COSTS_WORK_BYTES = 4096,   /* bytes of a request's body, to be read and parsed */
    COSTS_WORK_ANSWER = 16384, /* bytes of a poll's answer */
    COSTS_WORK_ROWS = 50,      /* rows of any other answer */
    COSTS_WORK_NARROWED = 100, /* people that a poll is narrowed to */
    COSTS_WORK_PLACES = 4,     /* places that a poll asks for: each may have to be read */
    COSTS_WORK_ASKED = 10,     /* ids that have to be looked up in the database */
    COSTS_VERIFY_US = 100000,
    COSTS_OWN_STATUS = 10, /* a person who tries out their menu; each is a transaction of the database */
    COSTS_PLACE = 4,       /* somebody who writes in several conversations at once */
    COSTS_CLAIM = 60,      /* 8 claims, each renewed several times a minute */
};

#endif
