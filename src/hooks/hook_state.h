/* SPDX-License-Identifier: ISC */
/* How far a webhook has come in a workspace, and how it goes: as Redis keeps it, a JSON object. Pure. */
#ifndef ROLLCALL_HOOKS_HOOK_STATE_H
#define ROLLCALL_HOOKS_HOOK_STATE_H

#include "view/cursor.h"

struct buf;

enum { HOOK_ERROR_BYTES = 160 };

/* Zeroed: nothing was ever delivered. Times are ms since 1970. */
struct hook_state {
    char cursor[CURSOR_TEXT_MAX + 1]; /* what the receiver knows; "": nothing, it is told everything */
    char since[CURSOR_TEXT_MAX + 1];  /* what it was told last: older than that if nothing since concerned it */
    int64_t behind_since_ms;          /* since when something waits to be delivered; 0: nothing does */
    int64_t failing_since_ms;         /* 0: the last delivery succeeded */
    int64_t next_try_ms;              /* 0: it is not failing */
    int64_t told_ms;                  /* of the last success; 0: none */
    int64_t attempt;                  /* failures since the last success */
    int64_t delivered;                /* deliveries that succeeded */
    int64_t replays;
    int64_t revealed;                  /* 1: somebody was told to be what others do not see; else 0 */
    int64_t made_ms;                   /* when the webhook was created: a later one with its id starts again */
    char last_error[HOOK_ERROR_BYTES]; /* of the last failure, a sentence; "" if the last delivery succeeded */
};

/* Sets OUT to what LEN bytes of JSON say. False, and OUT is zeroed, if they are not a state. */
bool hook_state_parse(const char *json, size_t len, struct hook_state *out);

/* Appends SELF as JSON to OUT. */
void hook_state_append(const struct hook_state *self, struct buf *out);

/* A letter was taken at NOW_MS: the receiver was told all up to the cursor. */
void hook_state_succeed(struct hook_state *self, int64_t now_ms);

/* A letter failed at NOW_MS with ERROR. The next one is sent after PAUSE_MS. Changes have been waiting for AGE_MS. */
void hook_state_fail(struct hook_state *self, int64_t now_ms, int64_t pause_ms, int64_t age_ms, const char *error);

/* Nothing is to be sent. Returns whether it was failing, which it is not any more. */
bool hook_state_rest(struct hook_state *self);

/*
 * Goes back to SINCE, a cursor; NULL, or if that is one of another epoch: the receiver is told everything. False, and
 * nothing is done, if that is not back: what was not told yet must not be left out.
 */
bool hook_state_go_back(struct hook_state *self, const char *since);

/* How many changes it is behind HEAD, at most: all, if it knows nothing of HEAD's epoch. */
int64_t hook_state_lag(const struct hook_state *self, const struct cursor *head);

#endif
