/* SPDX-License-Identifier: ISC */
/* What hooks.c and hooks_directory.c share. */
#ifndef ROLLCALL_HOOKS_HOOKS_PRIVATE_H
#define ROLLCALL_HOOKS_HOOKS_PRIVATE_H

#include "base/list.h"
#include "directory/webhooks.h"
#include "hooks/hook_room.h"
#include "hooks/hook_stop.h"
#include "hooks/hook_turn.h"
#include "hooks/hook_world.h"

struct hooks {
    struct hook_world world;
    const struct conf *conf;   /* borrowed */
    struct parked_set *parked; /* owned; always empty */
    struct hook *hooks;        /* owned hash, by id */
    struct hook_room *rooms;   /* owned hash, by workspace */
    struct list_node tests;    /* owned: letters of tests that are under way */
    struct hook_turn_keeper turn;
    struct hook_stop *stop;      /* owned; NULL until there is a webhook */
    struct webhooks_seen looked; /* of the directory */
    int64_t tend_ms;             /* monotonic: when it is next to be tended */
    size_t active;               /* webhooks */
    bool unmatched;              /* the webhooks have changed since rooms were last matched with them */
    bool begun;                  /* the directory was read before */
};

/* The room of WORKSPACE, or NULL. */
struct hook_room *hooks_find_room(const struct hooks *self, const char *workspace);

/* Removes ROOM. */
void hooks_drop_room(struct hooks *self, struct hook_room *room);

/* If the directory has changed: has its webhooks, and a room for each workspace of which one is told, and no others. */
void hooks_look(struct hooks *self);

/* The same, changed or not. */
void hooks_look_again(struct hooks *self);

/* To be called every second while it is our turn: switches webhooks off whose receivers want no more. */
void hooks_switch_off(struct hooks *self, int64_t now_ms);

/* A hook_stop_fn: one is switched off, or cannot be now. */
void hooks_on_stopped(void *ctx, const char *id, enum directory_result result, const char *error);

#endif
