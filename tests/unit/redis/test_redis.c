/* SPDX-License-Identifier: ISC */
/* Both connections together: up, lost, up again; with a real Redis and with none. */
#include "server.h"

static struct redis_script scripts[] = {{.name = "echo", .text = "return ARGV[1]"}};

static int make(void **state)
{
    static struct fixture f;

    fixture_open(&f, scripts, 1);
    *state = &f;
    return 0;
}

static int unmake(void **state)
{
    fixture_close(*state);
    return 0;
}

static void calls_before_it_is_up_fail_from_the_loop(void **state)
{
    struct fixture *f = *state;
    struct outcome outcome = {0};

    fixture_connect(f);
    call(f, 0, "k", "1", &outcome);
    call(f, 0, "k", "1", &outcome);
    assert_int_equal(outcome.count, 0);
    UNTIL(f, outcome.count == 2);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    assert_int_equal(redis_stats(f->redis)->failures, 2);
}

/* A caller that asks again whenever it is answered, even while the struct redis is freed. */
struct stubborn {
    struct fixture *f;
    unsigned count;
};

static void ask_again(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct stubborn *stubborn = ctx;

    (void)result;
    (void)value;
    stubborn->count++;
    redis_call(stubborn->f->redis, &(struct redis_call){0}, ask_again, stubborn);
}

static void a_caller_that_asks_again_and_again_does_not_hold_up_the_loop(void **state)
{
    struct fixture *f = *state;
    static struct stubborn stubborn;
    struct server server;

    stubborn = (struct stubborn){f, 0};
    fixture_connect(f);
    redis_call(f->redis, &(struct redis_call){0}, ask_again, &stubborn);
    UNTIL(f, stubborn.count > 100);
    server_start(&server, f);
    UNTIL(f, f->ups == 1);
    server_stop(&server);
    UNTIL(f, f->downs == 2);
}

static void a_redis_that_is_not_there_is_down_once(void **state)
{
    struct fixture *f = *state;

    fixture_connect(f);
    UNTIL(f, f->downs == 1);
    assert_non_null(strstr(f->down_reason, "No such file or directory"));
    assert_string_equal(redis_reason(f->redis), f->down_reason);
    for (int i = 0; i < 50; i++)
        event_base_loop(f->base, EVLOOP_ONCE);
    assert_int_equal(f->downs, 1);
}

static void a_redis_that_starts_later_is_found(void **state)
{
    struct fixture *f = *state;
    struct server server;

    fixture_connect(f);
    UNTIL(f, f->downs == 1);
    server_start(&server, f);
    UNTIL(f, f->ups == 1);
    assert_int_equal(answer(f, 0, "k", "1").result, REDIS_OK);
    server_stop(&server);
}

static void a_redis_that_dies_and_comes_back_is_up_again(void **state)
{
    struct fixture *f = *state;
    struct outcome outcome = {0};
    struct server server;

    server_start(&server, f);
    fixture_connect(f);
    UNTIL(f, f->ups == 1);
    for (int i = 0; i < 10; i++)
        call(f, 0, "k", "1", &outcome);
    server_stop(&server);
    UNTIL(f, f->downs == 1);
    UNTIL(f, outcome.count == 10);
    assert_false(redis_up(f->redis));
    server_start(&server, f);
    UNTIL(f, f->ups == 2);
    assert_int_equal(redis_stats(f->redis)->reconnects, 1);
    assert_int_equal(outcome.count, 10);
    server_stop(&server);
}

static void either_connection_that_is_lost_takes_both(void **state)
{
    struct fixture *f = *state;
    struct server server;

    server_start(&server, f);
    fixture_connect(f);
    UNTIL(f, f->ups == 1);
    TELL(&server, "CLIENT KILL TYPE normal SKIPME yes");
    UNTIL(f, f->ups == 2);
    assert_int_equal(f->downs, 1);
    assert_int_equal(answer(f, 0, "k", "1").result, REDIS_OK);
    server_stop(&server);
}

static void it_may_be_freed_in_any_state(void **state)
{
    struct fixture *f = *state;
    struct server server;

    fixture_connect(f);
    redis_free(f->redis);
    server_start(&server, f);
    for (int turns = 0; turns < 60; turns++) {
        struct outcome outcome = {0};
        fixture_connect(f);
        for (int i = 0; i < turns; i++)
            event_base_loop(f->base, EVLOOP_NONBLOCK);
        call(f, 0, "k", "1", &outcome);
        redis_subscribe(f->redis, "c", note_subscribed, &outcome);
        redis_free(f->redis);
        assert_int_equal(outcome.count, 2);
        assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    }
    f->redis = NULL;
    redis_free(NULL);
    server_stop(&server);
}

static void the_back_off_doubles_to_its_longest(void **state)
{
    struct fixture *f = *state;
    int64_t last_ms = 0;

    fixture_connect(f);
    f->redis->timing.backoff_max_ms = 16;
    UNTIL(f, f->downs == 1);
    while (f->redis->backoff_ms < 16) {
        assert_true(f->redis->backoff_ms >= last_ms);
        last_ms = f->redis->backoff_ms;
        event_base_loop(f->base, EVLOOP_ONCE);
    }
    for (int i = 0; i < 20; i++)
        event_base_loop(f->base, EVLOOP_ONCE);
    assert_int_equal(f->redis->backoff_ms, 16);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(calls_before_it_is_up_fail_from_the_loop),
        TEST(a_caller_that_asks_again_and_again_does_not_hold_up_the_loop),
        TEST(a_redis_that_is_not_there_is_down_once),
        TEST(a_redis_that_starts_later_is_found),
        TEST(a_redis_that_dies_and_comes_back_is_up_again),
        TEST(either_connection_that_is_lost_takes_both),
        TEST(it_may_be_freed_in_any_state),
        TEST(the_back_off_doubles_to_its_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
