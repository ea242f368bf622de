/* SPDX-License-Identifier: ISC */
/* One structured log line for each administrative change: who did what to which. Never a secret. */
#ifndef ROLLCALL_API_SHARED_AUDIT_H
#define ROLLCALL_API_SHARED_AUDIT_H

#include "http/exchange.h"

/*
 * As in: audit: actor=token:3 action="member.put" workspace="acme" object="bob". The actor is the administrator's
 * token, or "user" if a JWT made its user a member. OBJECT then names that user. WORKSPACE and OBJECT may be NULL.
 */
void audit(const struct exchange *exchange, const char *action, const char *workspace, const char *object);

/*
 * The same of a change to what is said of exchange->user in exchange->workspace. CLAIM is the name of the claim that
 * was changed, or NULL.
 */
void audit_said(const struct exchange *exchange, const char *action, const char *claim);

#endif
