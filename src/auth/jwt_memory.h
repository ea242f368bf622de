/* SPDX-License-Identifier: ISC */
/*
 * JWTs that were verified, by the SHA-256 of their text, so that each is verified once and not at each request. Bounded
 * (LIMIT_JWT_MEMORY_BYTES): when full, it forgets those that were not asked for lately. An expired one stays, so that
 * it is known to have been good.
 */
#ifndef ROLLCALL_AUTH_JWT_MEMORY_H
#define ROLLCALL_AUTH_JWT_MEMORY_H

#include "auth/jwt_facts.h"

struct jwt_memory;

/* An empty memory. Free with jwt_memory_free(). */
struct jwt_memory *jwt_memory_new(void);

/* Frees SELF, which may be NULL. */
void jwt_memory_free(struct jwt_memory *self);

/* The facts of HASH (32 bytes), or NULL. Valid until the next call. */
const struct jwt_facts *jwt_memory_find(struct jwt_memory *self, const unsigned char *hash);

/* Keeps a copy of FACTS, and of its claims, for HASH, which must not be known yet. Returns the copy, valid as above. */
const struct jwt_facts *jwt_memory_add(struct jwt_memory *self, const unsigned char *hash,
                                       const struct jwt_facts *facts);

#endif
