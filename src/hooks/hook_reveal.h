/* SPDX-License-Identifier: ISC */
/*
 * What invisible users of a workspace really are, for webhooks that have them revealed. To others they are offline, and
 * nothing is told of what they do. So this asks: of those who say something by hand, every second.
 */
#ifndef ROLLCALL_HOOKS_HOOK_REVEAL_H
#define ROLLCALL_HOOKS_HOOK_REVEAL_H

#include "view/status.h"

#include <stddef.h>
#include <stdint.h>

struct buf;
struct hook_known;
struct hook_page;
struct hook_world;
struct view;

/* Those of a workspace who are invisible and not offline. */
struct hook_reveal;

/* Of WORKSPACE, borrowed. Nothing is known at first. */
struct hook_reveal *hook_reveal_new(struct hook_world *world, const char *workspace);

/* Frees SELF, which may be NULL: now, or as soon as what it has asked is answered. */
void hook_reveal_free(struct hook_reveal *self);

/*
 * To be called every second. Calls CHANGED with CTX, now or later, if anything is another than before, and when all of
 * it is known for the first time.
 */
void hook_reveal_look(struct hook_reveal *self, void (*changed)(void *ctx), void *ctx);

/* Whether all of it is known. Until then, an invisible user cannot be told from one who is offline. */
bool hook_reveal_whole(const struct hook_reveal *self);

/* Whether it is known of anybody that they are invisible and not offline. */
bool hook_reveal_any(const struct hook_reveal *self);

/* What a receiver was told of invisible users, or may have been told. Zeroed memory: nothing. */
struct hook_revealed {
    struct hook_revealed_one *people; /* owned hash, by user */
};

/* Nothing was told. */
void hook_revealed_forget(struct hook_revealed *self);

/* Whether anybody was told, or may have been told, to be what others do not see. */
bool hook_revealed_any(const struct hook_revealed *self);

/* What was sent last was told. */
void hook_revealed_told(struct hook_revealed *self);

/* It is not known whether what was sent last was told: what those are by then is told in any case. */
void hook_revealed_doubt(struct hook_revealed *self);

/* Notes in KNOWN whom of VIEW the receiver is being told as others see them: those who are not invisible any more. */
void hook_revealed_sending(const struct hook_revealed *self, const struct view *view, struct hook_known *known);

/*
 * Appends to OUT what the receiver is to be told beside PAGE of VIEW: JSON objects, with a comma before each but the
 * first. Those of PAGE who are among them are taken out of it. SELF may be NULL: nobody. Returns how many.
 */
size_t hook_reveal_append(const struct hook_reveal *self, struct hook_revealed *revealed, struct hook_page *page,
                          const struct view *view, struct buf *out);

#endif
