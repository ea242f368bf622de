/* SPDX-License-Identifier: ISC */
/*
 * What clients are told while Redis is unavailable: waiting polls end, and everyone is given a different time to come
 * back, so that they do not all return at once.
 */
#ifndef ROLLCALL_API_SHARED_OUTAGE_H
#define ROLLCALL_API_SHARED_OUTAGE_H

#include <stddef.h>

struct service;

/* Once a tick, and before each fan-out: if Redis has been unavailable for long, ends the parked polls. */
void outage_look(struct service *service);

/* For Retry-After: in how many seconds a client should ask again. A random number in [1, outage_spread_s() + 1]. */
unsigned outage_retry_s(const struct service *service);

/*
 * Over how many seconds the return of HERD waiting clients is spread: the more there are, the longer, but not beyond
 * a quarter of TTL_S, since nobody lapses within one ttl of Redis's return.
 */
unsigned outage_spread_s(size_t herd, unsigned ttl_s);

#endif
