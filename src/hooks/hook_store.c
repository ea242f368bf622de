/* SPDX-License-Identifier: ISC */
/* See hook_store.h. */
#include "hooks/hook_store.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "hooks/hook_state.h"
#include "hooks/hook_world.h"
#include "presence/hook_calls.h"

#include <stdlib.h>

struct hook_store {
    hook_store_fn *fn; /* NULL: it was dropped */
    void *ctx;
};

static void on_stored(void *ctx, const struct presence_reply *reply)
{
    struct hook_store *self = ctx;
    hook_store_fn *fn = self->fn;
    void *fn_ctx = self->ctx;
    bool ok = reply->result == PRESENCE_OK;
    if (!ok)
        log_debug("how far a webhook has come could not be stored");
    free(self);
    if (fn)
        fn(fn_ctx, ok);
}

struct hook_store *hook_store_begin(const struct hook_store_place *place, const struct hook_state *state,
                                    hook_store_fn *fn, void *ctx)
{
    struct hook_store *self = mem_new(sizeof *self);
    struct buf text;
    self->fn = fn;
    self->ctx = ctx;
    buf_init(&text);
    hook_state_append(state, &text);
    const struct hook_row row = {place->workspace, place->hook, buf_text(&text)};
    presence_hook_set(place->world->presence, &row, on_stored, self);
    buf_fini(&text);
    return self;
}

void hook_store_drop(struct hook_store *self)
{
    if (self)
        self->fn = NULL;
}
