/* SPDX-License-Identifier: ISC */
/* A webhook as the process that delivers has it, and its letters: JSON with an id and signatures. */
#ifndef ROLLCALL_HOOKS_HOOK_H
#define ROLLCALL_HOOKS_HOOK_H

#include "base/list.h"
#include "directory/webhooks.h"
#include "hooks/hook_post.h"

#include <uthash.h>

struct buf;

struct hook {
    char *id; /* owned, as all texts */
    char *url;
    char *workspace; /* NULL: all */
    char *secret;
    char *old_secret; /* NULL: none */
    int64_t old_secret_until_ms;
    int64_t created_ms;
    int64_t delay_ms;
    unsigned events;
    bool reveal;
    bool active;
    bool gone;              /* the receiver wants no more: it is to be switched off */
    int64_t stop_ms;        /* monotonic: not before; 0: that has not failed yet */
    bool seen;              /* in the latest look at the directory */
    unsigned sending;       /* letters under way */
    bool met;               /* the room that is being matched has a target of it */
    struct list_node crowd; /* targets that wait until fewer are */
    int64_t warned_ms;      /* monotonic: when the log was last told that it fails; 0: never */
    UT_hash_handle hh;      /* by id */
};

/* A copy of ROW. Freed with hook_free(). */
struct hook *hook_new(const struct webhook *row);
void hook_free(struct hook *self);

/* Makes SELF what ROW, which has the same id, says. Returns whether it was anything else. */
bool hook_update(struct hook *self, const struct webhook *row);

/* The receiver may want more again, or never said that it does not: it is not to be switched off. */
void hook_wanted(struct hook *self);

/* A letter about WORKSPACE has failed with ERROR: the log says so, but not of every letter. */
void hook_warn(struct hook *self, const char *workspace, const char *error);

/* Whether it is told of WORKSPACE. */
bool hook_concerns(const struct hook *self, const char *workspace);

/* What is sent. */
struct hook_letter {
    const char *type;       /* "rollcall.changes" */
    const struct buf *data; /* its data, a JSON object without its end */
    int64_t redis_ms;       /* the time that is added to it; 0: none */
    int64_t replays;        /* the same data has another webhook-id if this differs, otherwise the same */
};

/* Sends LETTER to the receiver, as hook_posts_send() does. */
struct hook_post *hook_send(const struct hook *self, struct hook_posts *posts, const struct hook_letter *letter,
                            hook_answer_fn *fn, void *ctx);

#endif
