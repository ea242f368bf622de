/* SPDX-License-Identifier: ISC */
/*
 * A slow walk through all workspaces, one after another, each in portions; after the last one it begins again. It keeps
 * where the walk is; the caller finds the next workspace and asks Redis. Pure.
 */
#ifndef ROLLCALL_PRESENCE_WALK_H
#define ROLLCALL_PRESENCE_WALK_H

#include "base/ids.h"

#include <stdbool.h>
#include <stdint.h>

struct walk {
    bool asking;                           /* a portion was asked for */
    bool inside;                           /* a workspace is being walked through: it has more portions */
    int64_t at;                            /* where in the workspace the next portion begins */
    char workspace[IDS_WORKSPACE_MAX + 1]; /* the one that is walked through, or was last; "" before the first */
};

/*
 * The next workspace is WORKSPACE (copied; at most IDS_WORKSPACE_MAX bytes), from its beginning; NULL: that was the
 * last.
 */
void walk_enter(struct walk *self, const char *workspace);

/* A portion is asked for. */
void walk_ask(struct walk *self);

/* It was answered: the next portion begins at NEXT. -1: the workspace has no more, or cannot be read in this round. */
void walk_answered(struct walk *self, int64_t next);

#endif
