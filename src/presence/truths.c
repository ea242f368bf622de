/* SPDX-License-Identifier: ISC */
/* See presence.h. What users really are, many in one call. */
#include "presence/answers.h"
#include "presence/presence_private.h"
#include "presence/script_call.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* A call that Redis has not answered yet. */
struct truths_call {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    presence_truths_fn *fn;
    void *ctx;
    size_t count;
};

static void on_truths(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct truths_call *self = ctx;
    struct truth *truths = mem_resize(NULL, self->count + 1, sizeof *truths);
    int64_t now_ms = 0;
    bool good = result == REDIS_OK && answer_truths(value, self->count, truths, &now_ms);

    if (result == REDIS_OK && !good)
        presence_odd_answer(self->presence, SCRIPT_TRUTHS);
    self->fn(self->ctx, good ? truths : NULL, now_ms);
    free(truths);
    free(self);
}

static struct truths_call *call_new(struct presence *presence, size_t count, presence_truths_fn *fn, void *ctx)
{
    struct truths_call *self = mem_new(sizeof *self);

    *self = (struct truths_call){presence, fn, ctx, count};
    return self;
}

void presence_truths(struct presence *self, const struct truths_query *query, presence_truths_fn *fn, void *ctx)
{
    size_t most = query->count + 2; /* the workspace, how many things are read */
    struct redis_arg *args = mem_resize(NULL, most, sizeof *args);
    char at[KEY_MAX];
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, query->workspace, NULL);
    script_call_init(&call, SCRIPT_TRUTHS);
    script_call_use(&call, args, most);
    script_call_key(&call, keys.due);
    script_call_key(&call, keys.state);
    if (query->place) {
        script_key_at(&keys, query->place, at);
        script_call_key(&call, at);
    }
    script_call_text(&call, query->workspace);
    script_call_int(&call, LIMIT_PLACE_THINGS);
    for (size_t i = 0; i < query->count; i++)
        script_call_text(&call, query->users[i]);
    script_call_send(&call, self->redis, on_truths, call_new(self, query->count, fn, ctx));
    free(args);
}
