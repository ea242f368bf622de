/* SPDX-License-Identifier: ISC */
/*
 * Switches off webhooks whose receivers want no more, one after the other. With a record that write waits for
 * PostgreSQL, so a thread does it. Without one it is made at once.
 */
#ifndef ROLLCALL_HOOKS_HOOK_STOP_H
#define ROLLCALL_HOOKS_HOOK_STOP_H

#include "directory/result.h"

#include <stdbool.h>

struct conf;
struct directory;
struct event_base;
struct hook;
struct hook_stop;

/* RESULT is that of directory_stop_webhook() for webhook ID; ERROR is a sentence if it failed. */
typedef void hook_stop_fn(void *ctx, const char *id, enum directory_result result, const char *error);

/* All borrowed. DONE is called with CTX in the loop of BASE, or in hook_stop_begin(). */
struct hook_stop_place {
    struct event_base *base;
    const struct conf *conf;
    struct directory *directory;
    hook_stop_fn *done;
    void *ctx;
};
struct hook_stop *hook_stop_new(const struct hook_stop_place *place);

/* Frees SELF, which may be NULL. A write that is under way ends first, or gives up; it is not told of. */
void hook_stop_free(struct hook_stop *self);

/* Whether a write is under way. Only otherwise may the next one begin. */
bool hook_stop_busy(const struct hook_stop *self);

/* Begins to make HOOK inactive, if it still has this URL by then. */
void hook_stop_begin(struct hook_stop *self, const struct hook *hook);

#endif
