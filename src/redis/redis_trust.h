/* SPDX-License-Identifier: ISC */
/*
 * Whom we trust and who we are, with TLS: the files that the option redis names, read once. A worker reads them when it
 * starts, and SIGHUP starts new workers, so renewed files need nothing more.
 */
#ifndef ROLLCALL_REDIS_TRUST_H
#define ROLLCALL_REDIS_TRUST_H

#include "base/conf_redis.h"

#include <stdbool.h>
#include <stddef.h>

struct ssl_ctx_st;

/*
 * The files of CONF, read: TLS 1.2 or later, with the servers' certificates verified. The caller gives it to
 * redis_trust_free(). NULL, with a sentence in ERROR (of SIZE bytes), if one of them cannot be used.
 */
struct ssl_ctx_st *redis_trust_new(const struct conf_redis *conf, char *error, size_t size);

/* Frees SELF, which may be NULL. */
void redis_trust_free(struct ssl_ctx_st *self);

/* Whether the files that CONF needs can be used; else a sentence in ERROR (of SIZE bytes). */
bool redis_trust_check(const struct conf_redis *conf, char *error, size_t size);

#endif
