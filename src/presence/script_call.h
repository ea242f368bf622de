/* SPDX-License-Identifier: ISC */
/*
 * A script's call while it is put together: its keys, its arguments, and the text of its numbers. It lives on the
 * stack and allocates nothing: a heartbeat is such a call. Keys and texts are borrowed until the call is sent, which
 * copies them.
 *
 *     struct script_call call;
 *     script_call_init(&call, SCRIPT_PRUNE);
 *     script_call_key(&call, keys.state);
 *     script_call_int(&call, cutoff_ms);
 *     script_call_send(&call, redis, on_pruned, self);
 */
#ifndef ROLLCALL_PRESENCE_SCRIPT_CALL_H
#define ROLLCALL_PRESENCE_SCRIPT_CALL_H

#include "presence/scripts.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* What the longest call has: leave.lua has 13 arguments. For beat.lua most text is put together, with 11 numbers. */
enum {
    SCRIPT_CALL_KEYS = 6,
    SCRIPT_CALL_ARGS = 13,
    SCRIPT_CALL_MADE = IDS_WORKSPACE_MAX + IDS_SESSION_MAX + IDS_USER_MAX + 320,
};

struct script_call {
    enum script script;
    size_t key_count;
    size_t arg_count;
    size_t arg_max;
    size_t made_len;
    struct redis_arg *args; /* own_args, or the caller's */
    struct redis_arg keys[SCRIPT_CALL_KEYS];
    struct redis_arg own_args[SCRIPT_CALL_ARGS];
    char made[SCRIPT_CALL_MADE]; /* the numbers and what has several words, one after another */
};

/* Begins a call of SCRIPT, without keys and arguments. */
void script_call_init(struct script_call *self, enum script script);

/* Collects the arguments in ARGS, the caller's array with space for MAX: for a call whose length is not fixed. */
void script_call_use(struct script_call *self, struct redis_arg *args, size_t max);

/* Adds the next key. */
static inline void script_call_key(struct script_call *self, const char *key)
{
    assert(self->key_count < SCRIPT_CALL_KEYS);
    self->keys[self->key_count++] = (struct redis_arg){key, strlen(key)};
}

/* Adds the keys that scripts about one user have in common: due, state, changed, meta, and the user's own. */
void script_call_user_keys(struct script_call *self, const struct script_keys *keys);

/* Adds the keys of what a workspace shows: state, changed, meta. */
void script_call_state_keys(struct script_call *self, const struct script_keys *keys);

/* Adds the next argument: a text. */
static inline void script_call_text(struct script_call *self, const char *text)
{
    assert(self->arg_count < self->arg_max);
    self->args[self->arg_count++] = (struct redis_arg){text, strlen(text)};
}

/* Adds the next argument: a number; a number if GIVEN, otherwise "". */
void script_call_int(struct script_call *self, int64_t number);
void script_call_int_if(struct script_call *self, bool given, int64_t number);

/*
 * Begins the next argument, which has several words: one argument instead of many, because Redis pays for each. The
 * other two add a word to it, or COUNT numbers, with a space before each but the first.
 */
void script_call_words(struct script_call *self);
void script_call_word(struct script_call *self, const char *word);
void script_call_numbers(struct script_call *self, const int64_t *numbers, size_t count);

/* Sends the call. DONE is called once with CTX, never before this returns. */
void script_call_send(const struct script_call *self, struct redis_router *redis, redis_reply_fn *done, void *ctx);

#endif
