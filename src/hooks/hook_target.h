/* SPDX-License-Identifier: ISC */
/*
 * A webhook in one workspace: one more reader with a cursor. At most one letter is under way, and the next one goes on
 * from where it ended. There is no queue: while the receiver is away, only the cursor is kept.
 *
 *     waits --something changed, and the delay is over--> sends --2xx--> waits, or sends what is new meanwhile
 *       ^                                                   '--else--> fails --later--> sends what is new by then
 */
#ifndef ROLLCALL_HOOKS_HOOK_TARGET_H
#define ROLLCALL_HOOKS_HOOK_TARGET_H

#include "base/alarms.h"
#include "hooks/hook.h"
#include "hooks/hook_known.h"
#include "hooks/hook_reveal.h"
#include "hooks/hook_state.h"

struct hook_store;
struct hook_world;
struct view_entry;

struct hook_target {
    struct hook_target *next; /* of the same workspace */
    struct hook_world *world; /* borrowed, as is the hook: they outlive it */
    struct hook *hook;
    char *workspace; /* owned */
    struct hook_state state;
    struct hook_known known;
    const struct hook_reveal *reveal; /* borrowed; NULL unless the webhook has invisible users revealed */
    struct hook_revealed revealed;
    struct alarm alarm;         /* when it is to look */
    struct list_node crowd;     /* in that of the hook, while it waits for its turn to send */
    struct hook_post *post;     /* the letter under way, or NULL */
    struct hook_store *marking; /* Redis is being told that invisible users may have been revealed; or NULL */
    bool marked;                /* Redis knows that, if the state says so */
    struct cursor going;        /* what the receiver knows once it has that */
    size_t going_changes;
    int64_t sent_ms;   /* monotonic, as all here: when the latest letter was sent */
    int64_t behind_ms; /* since when something waits; 0: nothing does */
    bool more;         /* the next letter follows at once */
    bool eager;        /* the webhook was changed: no pause after a failure counts */
    bool loaded;       /* the state is what Redis has */
    bool unstored;     /* Redis has to be told of it */
};

/* Nothing is known of it until hook_target_load(). */
struct hook_target *hook_target_new(struct hook_world *world, struct hook *hook, const char *workspace);

/* Frees SELF. A letter under way is given up. */
void hook_target_free(struct hook_target *self);

/* Redis has STATE; NULL: nothing. */
void hook_target_load(struct hook_target *self, const struct hook_state *state);

/* Others may deliver from now on: the letter under way is given up, and nothing is known any more. */
void hook_target_unload(struct hook_target *self);

/* ENTRY of its workspace is about to change. */
void hook_target_note(struct hook_target *self, const struct view_entry *entry, int64_t now_ms);

/* Sends a letter if it is time for one, or sees to it that this is called when it is. */
void hook_target_look(struct hook_target *self);

/* Goes back to the cursor SINCE, unless that lies ahead; NULL: to the beginning. What was put off is tried now. */
void hook_target_replay(struct hook_target *self, const char *since);

/* The webhook was changed: what was put off is tried now. If it was RECREATED, its state counts no more. */
void hook_target_changed(struct hook_target *self, bool recreated);

/* How old the oldest change is that was not delivered, beyond the delay that is meant. */
int64_t hook_target_lag_ms(const struct hook_target *self, int64_t now_ms);

/* Tells Redis of the state, if it has to be told. */
void hook_target_store(struct hook_target *self);

#endif
