/* SPDX-License-Identifier: ISC */
/* What the users of a Redis Cluster may do while it is freed. The rest is in tests/http/, with real servers. */
#include "redis/redis_router.h"

#include "base/log.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Subscribes again when it is refused, once. */
struct stubborn {
    struct redis_router *redis;
    unsigned refused;
};

static void on_refused(void *ctx, enum redis_result result)
{
    struct stubborn *self = ctx;

    assert_int_equal(result, REDIS_UNAVAILABLE);
    if (self->refused++ == 0)
        redis_router_subscribe(self->redis, "rollcall:{7}:again", on_refused, self);
}

static void subscriptions_may_be_repeated_while_a_cluster_is_freed(void **state)
{
    struct event_base *base = event_base_new();
    struct conf_redis conf;
    const char *why = "";
    const struct redis_router_events events = {0};
    struct stubborn stubborn = {0};

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    assert_true(conf_redis_parse("redis-cluster://127.0.0.1:1", &conf, &why));
    stubborn.redis = redis_router_new(base, &conf, NULL, 0, &events);
    redis_router_subscribe(stubborn.redis, "rollcall:{7}:first", on_refused, &stubborn);
    redis_router_free(stubborn.redis);
    assert_int_equal(stubborn.refused, 2);
    conf_redis_fini(&conf);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subscriptions_may_be_repeated_while_a_cluster_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
