/* SPDX-License-Identifier: ISC */
/* What is checked before something is said by hand. Each function replies and returns false if it must not be said. */
#ifndef ROLLCALL_API_SHARED_OWN_CHECKS_H
#define ROLLCALL_API_SHARED_OWN_CHECKS_H

#include "api/shared/spend.h"
#include "directory/layer.h"
#include "http/exchange.h"

/* Whether Redis can be told now; NOW_MS is its time. */
bool own_checks_redis(struct exchange *exchange, int64_t *now_ms);

/* Takes COST from the caller's account. Administrators have none. */
bool own_checks_spend(struct exchange *exchange, enum cost cost);

/* Whether the workspace's policy lets LAYER be said. */
bool own_checks_policy(struct exchange *exchange, const struct layer *layer);

/* Whether NAME can be that of a claim. */
bool own_checks_claim(struct exchange *exchange, const char *name, size_t len);

#endif
