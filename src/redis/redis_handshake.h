/* SPDX-License-Identifier: ISC */
/*
 * Proving that both connections are able to do what a worker needs: the password, a master and which one, the
 * scripts, the rights. Missing rights are collected, so that one message names them all.
 */
#ifndef ROLLCALL_REDIS_HANDSHAKE_H
#define ROLLCALL_REDIS_HANDSHAKE_H

#include "redis/redis_state.h"

/* Makes SELF empty: nothing learned yet. */
void redis_handshake_init(struct redis_handshake *self);

/* Frees what SELF holds. */
void redis_handshake_fini(struct redis_handshake *self);

/* Begins it on both connections. It ends in redis_channel_resubscribe() or redis_lose(). */
void redis_handshake_start(struct redis *self);

/* Checks that the command connection still answers, and that its server is still the same master. */
void redis_handshake_ping(struct redis *self);

#endif
