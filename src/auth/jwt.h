/* SPDX-License-Identifier: ISC */
/*
 * JSON Web Tokens (RFC 7519) that the host application signs. The configuration alone decides the algorithm, never the
 * token. Reading and verifying a JWT is one step, judging its times another, so that a verified one can be kept.
 */
#ifndef ROLLCALL_AUTH_JWT_H
#define ROLLCALL_AUTH_JWT_H

#include "auth/bearer.h"
#include "auth/caller.h"
#include "auth/jwt_facts.h"
#include "base/conf.h"

struct jwt_rules;

/*
 * Reads and checks the algorithm, key and audience of CONF. NULL with a sentence in ERROR (of SIZE bytes) if one is
 * unusable. Keeps nothing of CONF. Free with jwt_rules_free().
 */
struct jwt_rules *jwt_rules_new(const struct conf *conf, char *error, size_t size);

/* Frees SELF, which may be NULL. */
void jwt_rules_free(struct jwt_rules *self);

/*
 * Reads and verifies BEARER. False, with a static sentence in WHY, if it is malformed or not signed with our key. If
 * true, FACTS holds what it says, whether it is valid at this time or not; its claims, if any, are in CLAIMS, which
 * FACTS borrows.
 */
bool jwt_read(const struct jwt_rules *self, const struct bearer *bearer, struct jwt_facts *facts, struct claims *claims,
              const char **why);

/*
 * Judges the times of FACTS at NOW_MS (wall clock). Fills CALLER (zeroed before), which borrows the claims of FACTS, if
 * the result is AUTH_OK; else WHY gets a static sentence.
 */
enum auth_result jwt_judge(const struct jwt_facts *facts, int64_t now_ms, struct caller *caller, const char **why);

#endif
