/* SPDX-License-Identifier: ISC */
/*
 * What Redis keeps for webhooks: how far each has come in each workspace, whose turn it is to deliver, and what is
 * asked of the process that does. What a state says is for others to read (hooks/hook_state.h); here it is a text.
 */
#ifndef ROLLCALL_PRESENCE_HOOK_CALLS_H
#define ROLLCALL_PRESENCE_HOOK_CALLS_H

#include "presence/presence.h"

/* Where a workspace is now. */
struct hook_head {
    struct cursor cursor; /* of its latest change; with an empty epoch nothing is known of it */
    int64_t now_ms;       /* Redis's time */
};

/* Gets how far the webhooks of a workspace have come. Texts are borrowed. */
struct hook_reader {
    /* Each webhook of which something is known: its state as it was stored, LEN bytes and a NUL. */
    void (*on_row)(void *ctx, const char *id, const char *state, size_t len);
    /* Once, after them. HEAD is NULL if Redis cannot be read; then there were no rows. */
    void (*on_end)(void *ctx, const struct hook_head *head);
    void *ctx;
};

/* Reads how far they have come in WORKSPACE. READER is copied. */
void presence_hooks(struct presence *self, const char *workspace, const struct hook_reader *reader);

/* How far a webhook has come. */
struct hook_row {
    const char *workspace;
    const char *id;
    const char *state; /* a text; "": it is forgotten */
};

/* Stores ROW, unless its workspace is gone. Of the reply, the result counts. DONE may be NULL. */
void presence_hook_set(struct presence *self, const struct hook_row *row, presence_reply_fn *done, void *ctx);

/*
 * Asks the process that delivers webhooks, wherever it runs: to send webhook ID a test; to go back to SINCE in a
 * workspace; or to read the directory now, because webhooks were changed. It does so within a second or two, perhaps
 * twice, or later if none runs now. FULL: too much was asked already. DONE may be NULL.
 */
void presence_hook_test(struct presence *self, const char *id, presence_reply_fn *done, void *ctx);
struct hook_replay {
    const char *id;
    const char *workspace;
    const char *since; /* a cursor that cursor_parse() takes; NULL: everybody is told again */
};
void presence_hook_replay(struct presence *self, const struct hook_replay *replay, presence_reply_fn *done, void *ctx);
void presence_hook_changed(struct presence *self);

/* Something that was asked, as "test <id>", "replay <workspace> <id> <since or ->" or "changed". */
struct hook_ask {
    const char *text;
    const char *stamp; /* tells it from the same asked again */
};

/* Whose turn it is. Valid during the call that gets it. */
struct hook_turn {
    bool held;                   /* the caller's, for the time it asked for */
    int64_t now_ms;              /* Redis's time */
    const struct hook_ask *asks; /* what is to be done; nothing if it is not the caller's turn */
    size_t count;
};
typedef void presence_turn_fn(void *ctx, const struct hook_turn *turn);

/* Asks for the turn, or for more of it. */
struct hook_turn_call {
    const char *owner;           /* who asks */
    int64_t lease_ms;            /* for how long; 0: the turn is given back */
    const struct hook_ask *done; /* what was asked and is done */
    size_t count;                /* LIMIT_HOOK_ASKS at most */
};

/* FN is called once with CTX, from the loop; with NULL if Redis cannot be asked. */
void presence_hook_turn(struct presence *self, const struct hook_turn_call *call, presence_turn_fn *fn, void *ctx);

/* Keeps a subscription to what is asked: FN is called with CTX when something is. */
void presence_hook_listen(struct presence *self, void (*fn)(void *ctx), void *ctx);

#endif
