/* SPDX-License-Identifier: ISC */
/* What the handlers work with: one worker's floors, wired together by worker.c. */
#ifndef ROLLCALL_API_SERVICE_H
#define ROLLCALL_API_SERVICE_H

#include "api/shared/costs.h"
#include "api/shared/metrics.h"
#include "api/shared/notice.h"
#include "http/exchange.h"

#include <stdbool.h>

struct auth;
struct conf;
struct directory;
struct fcgi;
struct parked_set;
struct presence;

/* What /readyz says of the directory. */
struct directory_look {
    int64_t looked_ms; /* monotonic; 0: not yet */
    int64_t well_ms;   /* when it was last found well */
    char wrong[300];   /* a sentence; "" if it is well */
};

struct service {
    const struct conf *conf; /* borrowed, as all here: worker.c owns them and they outlive every exchange */
    struct directory *directory;
    struct auth *auth;
    struct presence *presence;
    struct parked_set *parked;
    struct costs *costs;     /* NULL: no limit */
    struct fcgi *fcgi;       /* NULL under CGI */
    struct metrics *metrics; /* this worker's slot */
    struct metrics_shared *metrics_shared;
    struct exchange_host host;
    struct directory_look directory_look;
    struct notice_list untold; /* word of changes that Redis did not take */
    bool draining;             /* polls are answered at once */
    int64_t news_us;           /* monotonic: since when parked polls are due for news; 0: none are */
    int64_t revision;          /* the directory's, when parked polls were last reviewed */
    size_t herd;               /* how many polls waited when Redis had been out of reach for long; 0: it has not */
};

/* The service of EXCHANGE. */
struct service *service_of(const struct exchange *exchange);

/* What the transport is given as on_request; CTX is the service. */
void service_on_request(void *ctx, struct conn *conn, const struct request *request);

/*
 * Takes AMOUNT of COST from the caller's account: false, with 429 replied, if nothing is left on it. With an AMOUNT of 0 it
 * is only looked at.
 */
bool service_spend(struct exchange *exchange, enum cost cost, unsigned amount);

/* Takes AMOUNT of COST from the caller's account in any case, for what was done already. */
void service_charge(struct exchange *exchange, enum cost cost, size_t amount);

/* What is said to whoever is not a member, be there such a workspace or not: the same words wherever it is found out. */
extern const char service_no_member[];

/* Copies what the other floors count into this worker's slot: before the slot is shown, and once a tick. */
void service_measure(struct service *self);

/*
 * Once a tick: tries the directory, once a second, so that /readyz can tell without trying it. Waits for nobody: that another
 * process has it for a moment is no fault.
 */
void service_look(struct service *self);

/* Once a tick: whether polls have to be reviewed, since tokens or memberships were taken away. */
void service_review(struct service *self);
/* Reviews some: those whose right is gone end. True when more are left. */
bool service_review_some(struct service *self);

/* Once a tick: whether Redis has been out of reach for so long that polls have to be told. */
void service_look_at_redis(struct service *self);
/* In how many seconds a client is to ask again while Redis is out of reach: another number for each, so that they do not all
 * come back at once. */
unsigned service_retry_s(const struct service *self);

#endif
