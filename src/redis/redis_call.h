/* SPDX-License-Identifier: ISC */
/* What the handshake needs of the scripts; calling them: redis_call() in redis.h. */
#ifndef ROLLCALL_REDIS_CALL_H
#define ROLLCALL_REDIS_CALL_H

#include "redis/redis_state.h"

/*
 * Takes SHA1, the reply to SCRIPT LOAD of script INDEX, as how the script is called from now on. False if it is not a
 * SHA-1.
 */
bool redis_call_set_sha1(struct redis *self, size_t index, const struct redis_value *sha1);

#endif
