/* SPDX-License-Identifier: ISC */
/* A workspace with all webhooks that are told of it, and its view, which is kept as long as the room is. */
#ifndef ROLLCALL_HOOKS_HOOK_ROOM_H
#define ROLLCALL_HOOKS_HOOK_ROOM_H

#include "hooks/hook_target.h"

#include <uthash.h>

struct hook_room {
    struct hook_world *world;    /* borrowed */
    char *workspace;             /* owned */
    struct hook_target *targets; /* owned list */
    struct hook_reveal *reveal;  /* owned; NULL unless a webhook has invisible users revealed */
    bool seen;                   /* in the latest look at the directory */
    bool gone;                   /* it is freed once nothing is asked of Redis any more */
    unsigned asking;             /* calls under way */
    bool asking_view, loading;   /* what they are for */
    UT_hash_handle hh;           /* by workspace */
};

/* A room without targets. Freed with hook_room_free(). */
struct hook_room *hook_room_new(struct hook_world *world, const char *workspace);

/* Frees SELF and its targets: now, or as soon as what it has asked is answered. */
void hook_room_free(struct hook_room *self);

/* The target of HOOK; NULL if it has none. */
struct hook_target *hook_room_find(const struct hook_room *self, const char *hook);

/* Has a target for each of HOOKS that concerns the workspace, and no other. */
void hook_room_match(struct hook_room *self, struct hook *hooks);

/* To be called every second while it is our turn: keeps the view, and loads and stores what has to be. */
void hook_room_tend(struct hook_room *self);

/* Others may deliver from now on: nothing of what was found out is known any more. */
void hook_room_unload(struct hook_room *self);

/* ENTRY is about to change. */
void hook_room_note(struct hook_room *self, const struct view_entry *entry, int64_t now_ms);

#endif
