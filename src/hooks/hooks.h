/* SPDX-License-Identifier: ISC */
/*
 * Delivers webhooks: those of the directory, in all of their workspaces, as long as it is this process's turn. Without
 * any webhook it does nothing but look whether there is one; Redis is not connected to before.
 *
 *     hooks.c         what is done when, and what administrators ask; hooks_directory.c which webhooks and workspaces
 *     hook_turn.c     one process at a time
 *     hook_room.c     a workspace; hook_target.c a webhook in it; hook_state.c how far that has come
 *     hook_body.c     what is told; hook_known.c what need not be told
 *     hook.c          a webhook, and its signed letters; hook_post.c sends them; hook_address.c where to;
 *                     hook_retry.c when again; hook_stop.c switches one off
 *     hook_world.c    what all of them work with
 */
#ifndef ROLLCALL_HOOKS_HOOKS_H
#define ROLLCALL_HOOKS_HOOKS_H

#include "hooks/hook_world.h"

struct conf;
struct hooks;

/* Works with CONF, DIRECTORY and BASE, all borrowed. OWNER names all processes of this master, of which one runs. */
struct hooks_place {
    struct event_base *base;
    const struct conf *conf;
    struct directory *directory;
    const char *owner;
};
struct hooks *hooks_new(const struct hooks_place *place);

/* Frees SELF, which may be NULL. */
void hooks_free(struct hooks *self);

/* To be called every PRESENCE_TICK_MS. */
void hooks_tick(struct hooks *self, int64_t now_ms);

/* Begins to stop: no letter begins any more. Once those under way have ended, hooks_tick() gives the turn back. */
void hooks_stop(struct hooks *self);

/* Whether that is done. */
bool hooks_stopped(const struct hooks *self);

/* What was counted, brought up to date by hooks_tick(). Valid as long as SELF. */
const struct hooks_stats *hooks_stats(const struct hooks *self);

#endif
