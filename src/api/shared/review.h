/* SPDX-License-Identifier: ISC */
/*
 * Parked polls lose their right while they wait, when tokens are revoked or members removed: finding those and ending
 * them, with the 401 or 403 of membership.h.
 */
#ifndef ROLLCALL_API_SHARED_REVIEW_H
#define ROLLCALL_API_SHARED_REVIEW_H

#include <stdbool.h>

struct service;

/*
 * Once a tick, and after such a change: if the directory has changed since the last review, begins a review of all
 * parked polls.
 */
void review_begin(struct service *service);

/* Reviews a few and ends those without a right. True if more are left: call it again after the loop had a turn. */
bool review_some(struct service *service);

#endif
