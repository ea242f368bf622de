/* SPDX-License-Identifier: ISC */
/* What a script did, taken in: its change into the view, and what follows if its user or workspace is gone by now. */
#ifndef ROLLCALL_PRESENCE_EFFECTS_H
#define ROLLCALL_PRESENCE_EFFECTS_H

#include "presence/pending.h"

/* The head that ANSWER tells, as clients have it, into CURSOR. */
void effects_cursor(const struct pending *pending, const struct answer *answer, struct cursor *cursor);

/* Takes what ANSWER changed. A user whose beat overtook their removal is shown again: then the removal is repeated. */
void effects_take(struct pending *pending, const struct answer *answer);

/* A redis_reply_fn for what replies as leave.lua does; CTX is the call under way, which it finishes. */
void effects_on_leave(void *ctx, enum redis_result result, const struct redis_value *value);

#endif
