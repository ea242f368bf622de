/* SPDX-License-Identifier: ISC */
/*
 * The turn to deliver: one process at a time has it, of all machines that share a Redis. Who has it asks for more of it
 * long before it ends, and stops in time if it gets none. So no other process can have begun by then.
 */
#ifndef ROLLCALL_HOOKS_HOOK_TURN_H
#define ROLLCALL_HOOKS_HOOK_TURN_H

#include "presence/hook_calls.h"

struct hook_world;

struct hook_turn_events {
    void *ctx;
    void (*on_change)(void *ctx, bool held); /* it is ours now, or not any more */
    void (*on_asks)(void *ctx);              /* something was asked; what, comes next */
    /* Something was asked: its words. False: it cannot be done yet, and comes again. */
    bool (*on_ask)(void *ctx, const char *const *words, size_t count);
};

enum { HOOK_TURN_MS = 10000, HOOK_TURN_SPARE_MS = 1500, HOOK_TURN_AGAIN_MS = 2000, HOOK_TURN_FAILED_MS = 500 };

struct hook_turn_keeper {
    struct hook_world *world; /* borrowed */
    const char *owner;        /* borrowed: the same for all processes of a master, of which one runs at a time */
    struct hook_turn_events events;
    bool asking;
    bool again; /* something was asked meanwhile */
    bool held;
    int64_t asked_ms;      /* monotonic: of the latest call */
    struct hook_ask *done; /* owned texts: what has been done, for the next call */
    size_t done_count;
};

/* Every tick: asks for the turn when it is time, and gives up what has run out. */
void hook_turn_tick(struct hook_turn_keeper *self, int64_t now_ms);

/* Asks at once, unless this process stops. */
void hook_turn_ask(struct hook_turn_keeper *self);

/* Gives the turn back. */
void hook_turn_give_back(struct hook_turn_keeper *self);

/* Whether a call is under way. */
bool hook_turn_busy(const struct hook_turn_keeper *self);

/* Frees what SELF owns. */
void hook_turn_fini(struct hook_turn_keeper *self);

#endif
