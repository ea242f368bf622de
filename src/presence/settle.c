/* SPDX-License-Identifier: ISC */
/* See presence.h. Waits until the workers that a script told something can know it. */
#include "presence/presence_private.h"

#include "base/mem.h"
#include "redis/redis_router.h"

#include <stdlib.h>

struct settling {
    void (*fn)(void *ctx);
    void *ctx;
};

static void on_settled(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct settling self = *(struct settling *)ctx;

    (void)result; /* if Redis is lost, no worker believes what it knows */
    (void)value;
    free(ctx);
    self.fn(self.ctx);
}

void presence_settle(struct presence *self, const char *workspace, void (*fn)(void *ctx), void *ctx)
{
    struct settling *settling = mem_new(sizeof *settling);

    settling->fn = fn;
    settling->ctx = ctx;
    redis_router_settle(self->redis, presence_part_of(self, workspace), on_settled, settling);
}
