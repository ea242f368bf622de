/* SPDX-License-Identifier: ISC */
/*
 * Writes how far a webhook has come in a workspace to Redis. What is about to be told of invisible users has to be
 * noted there first: a process that goes on after this one has ended does not know whom the receiver was told of.
 */
#ifndef ROLLCALL_HOOKS_HOOK_STORE_H
#define ROLLCALL_HOOKS_HOOK_STORE_H

#include <stdbool.h>

struct hook_state;
struct hook_world;

/* A write that is waited for. */
struct hook_store;

/* OK: Redis has it. It may call hook_store_begin(). */
typedef void hook_store_fn(void *ctx, bool ok);

/* Whose state it is. Borrowed during the call. */
struct hook_store_place {
    struct hook_world *world;
    const char *workspace;
    const char *hook; /* its id */
};

/* Writes STATE. FN is called once with CTX, from the loop, unless the write is dropped before. */
struct hook_store *hook_store_begin(const struct hook_store_place *place, const struct hook_state *state,
                                    hook_store_fn *fn, void *ctx);

/* Nobody waits for SELF any more, which may be NULL. It is written nevertheless. */
void hook_store_drop(struct hook_store *self);

#endif
