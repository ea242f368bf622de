/* SPDX-License-Identifier: ISC */
/* Scripts, against a real Redis: what goes in and comes out, and what is reported if Redis cannot. */
#include "server.h"

enum { ECHO, WRITE, BROKEN, COUNT };

static struct redis_script scripts[] = {
    [ECHO] = {.name = "echo", .text = "return {KEYS[1], ARGV[1]}"},
    [WRITE] = {.name = "write", .text = "return redis.call('INCRBY', KEYS[1], ARGV[1])"},
    [BROKEN] = {.name = "broken", .text = "return nothing.at.all"},
};

struct test {
    struct fixture f;
    struct server server;
};

static int open_up(void **state)
{
    static struct test test;

    memset(&test, 0, sizeof test);
    fixture_open(&test.f, scripts, COUNT);
    server_start(&test.server, &test.f);
    fixture_connect(&test.f);
    UNTIL(&test.f, test.f.ups == 1);
    *state = &test;
    return 0;
}

static int close_down(void **state)
{
    struct test *test = *state;

    server_stop(&test->server);
    fixture_close(&test->f);
    return 0;
}

static void note_echo(void *ctx, enum redis_result result, const struct redis_value *value)
{
    note_reply(ctx, result, redis_value_at(value, 1));
}

static void arguments_come_back_byte_for_byte(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};
    const struct redis_arg key = {"k", 1};
    char bytes[256];
    struct redis_arg text = {bytes, sizeof bytes};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    redis_call(test->f.redis, &(struct redis_call){ECHO, &key, 1, &text, 1}, note_echo, &outcome);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_OK);
    assert_int_equal(outcome.len, sizeof bytes);
    assert_memory_equal(outcome.text, bytes, sizeof bytes);
    text.len = 0;
    redis_call(test->f.redis, &(struct redis_call){ECHO, &key, 1, &text, 1}, note_echo, &outcome);
    UNTIL(&test->f, outcome.count == 2);
    assert_int_equal(outcome.len, 0);
    assert_int_equal(outcome.type, REDIS_TYPE_TEXT);
}

static void a_large_argument_arrives_whole(void **state)
{
    enum { SIZE = 3 << 20 };
    struct test *test = *state;
    struct outcome outcome = {0};
    char *bytes = calloc(1, SIZE);
    const struct redis_arg key = {"k", 1};
    const struct redis_arg text = {bytes, SIZE};

    redis_call(test->f.redis, &(struct redis_call){ECHO, &key, 1, &text, 1}, note_echo, &outcome);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_OK);
    assert_int_equal(outcome.len, SIZE);
    free(bytes);
}

static void a_forgotten_script_is_sent_again_unnoticed(void **state)
{
    enum { ROUNDS = 50, DEEP = 20 };
    struct test *test = *state;
    struct outcome outcome = {0};

    for (unsigned round = 0; round < ROUNDS; round++) {
        TELL(&test->server, "SCRIPT FLUSH");
        outcome.count = 0;
        for (int i = 0; i < DEEP; i++)
            call(&test->f, WRITE, "n", "1", &outcome);
        UNTIL(&test->f, outcome.count == DEEP);
        assert_int_equal(outcome.result, REDIS_OK);
        assert_int_equal(outcome.number, (round + 1) * DEEP);
    }
    assert_int_equal(redis_stats(test->f.redis)->failures, 0);
    assert_int_equal(redis_stats(test->f.redis)->calls, ROUNDS * DEEP);
    assert_int_equal(test->f.downs, 0);
}

static void a_script_that_fails_is_told_from_a_redis_that_does(void **state)
{
    struct test *test = *state;

    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(answer(&test->f, BROKEN, "k", "1").result, REDIS_ERROR);
    TELL(&test->server, "LPUSH list 1");
    assert_int_equal(answer(&test->f, WRITE, "list", "1").result, REDIS_ERROR);
    assert_true(redis_up(test->f.redis));
    assert_string_equal(redis_reason(test->f.redis), "");
}

static void out_of_memory_is_unavailable_and_passes(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "CONFIG SET maxmemory 1");
    assert_int_equal(answer(&test->f, WRITE, "n", "1").result, REDIS_UNAVAILABLE);
    assert_non_null(strstr(redis_reason(test->f.redis), "OOM"));
    assert_int_equal(answer(&test->f, ECHO, "n", "1").result, REDIS_OK);
    TELL(&test->server, "CONFIG SET maxmemory 0");
    assert_int_equal(answer(&test->f, WRITE, "n", "1").result, REDIS_OK);
    assert_int_equal(test->f.downs, 0);
    UNTIL(&test->f, answer(&test->f, ECHO, "n", "1").result == REDIS_OK && *redis_reason(test->f.redis) == '\0');
}

static void a_busy_redis_is_unavailable_and_passes(void **state)
{
    struct test *test = *state;
    struct server another = {.admin = redisConnectUnix(test->f.path)};
    int sent = 0;

    TELL(&test->server, "CONFIG SET busy-reply-threshold 1");
    redisAppendCommand(another.admin, "EVAL %s 0", "while true do end");
    redisBufferWrite(another.admin, &sent);
    UNTIL(&test->f, answer(&test->f, ECHO, "n", "1").result == REDIS_UNAVAILABLE);
    assert_non_null(strstr(redis_reason(test->f.redis), "BUSY"));
    /* It is killed at its next step, which may be after the answer. */
    TELL(&test->server, "SCRIPT KILL");
    UNTIL(&test->f, answer(&test->f, ECHO, "n", "1").result == REDIS_OK);
    assert_int_equal(test->f.downs, 0);
    redisFree(another.admin);
}

static void a_right_that_was_taken_is_unavailable(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "ACL SETUSER default -incrby");
    assert_int_equal(answer(&test->f, WRITE, "n", "1").result, REDIS_UNAVAILABLE);
    TELL(&test->server, "ACL SETUSER default +incrby -evalsha");
    assert_int_equal(answer(&test->f, WRITE, "n", "1").result, REDIS_UNAVAILABLE);
    assert_non_null(strstr(redis_reason(test->f.redis), "NOPERM"));
    TELL(&test->server, "ACL SETUSER default +evalsha");
    assert_int_equal(answer(&test->f, WRITE, "n", "1").result, REDIS_OK);
}

static void nothing_is_answered_before_the_call_returns(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    call(&test->f, ECHO, "k", "1", &outcome);
    assert_int_equal(outcome.count, 0);
    UNTIL(&test->f, outcome.count == 1);
    server_stop(&test->server);
    test->server.admin = NULL;
    UNTIL(&test->f, !redis_up(test->f.redis));
    call(&test->f, ECHO, "k", "1", &outcome);
    assert_int_equal(outcome.count, 1);
    UNTIL(&test->f, outcome.count == 2);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    server_start(&test->server, &test->f);
    UNTIL(&test->f, redis_up(test->f.redis));
}

/* Asks again from within an answer, until COUNT is reached. */
struct chain {
    struct fixture *f;
    unsigned count;
};

static void on_step_of_chain(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct chain *chain = ctx;
    struct redis_arg key = arg("k");
    struct redis_arg text = arg("v");

    assert_true(redis_value_is(redis_value_at(value, 1), "v"));
    assert_int_equal(result, REDIS_OK);
    if (++chain->count < 100)
        redis_call(chain->f->redis, &(struct redis_call){ECHO, &key, 1, &text, 1}, on_step_of_chain, chain);
}

static void an_answer_may_ask_again(void **state)
{
    struct test *test = *state;
    struct chain chain = {&test->f, 0};
    struct redis_arg key = arg("k");
    struct redis_arg text = arg("v");

    redis_call(test->f.redis, &(struct redis_call){ECHO, &key, 1, &text, 1}, on_step_of_chain, &chain);
    UNTIL(&test->f, chain.count == 100);
}

static void what_is_pending_is_answered_when_it_is_freed(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    for (int i = 0; i < 10; i++)
        call(&test->f, ECHO, "k", "1", &outcome);
    redis_free(test->f.redis);
    test->f.redis = NULL;
    assert_int_equal(outcome.count, 10);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
}

static void latencies_are_counted(void **state)
{
    struct test *test = *state;
    const struct redis_stats *stats = redis_stats(test->f.redis);
    unsigned long sum = 0;

    for (int i = 0; i < 10; i++)
        answer(&test->f, ECHO, "k", "1");
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum += stats->latency.bucket[i];
    assert_int_equal(stats->latency.count, 10);
    assert_int_equal(sum, 10);
    assert_true(stats->latency.sum_us > 0);
}

/* ---- settling ---- */

static void note_settled(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct outcome *outcome = ctx;

    assert_null(value);
    outcome->count++;
    outcome->result = result;
}

static void redis_has_settled_once_what_was_called_before_is_answered(void **state)
{
    struct test *test = *state;
    struct outcome called = {0}, settled = {0};
    const struct redis_arg key = {"k", 1}, text = {"x", 1};

    assert_true(redis_caught_up(test->f.redis));
    redis_call(test->f.redis, &(struct redis_call){ECHO, &key, 1, &text, 1}, note_echo, &called);
    redis_settle(test->f.redis, note_settled, &settled);
    assert_int_equal(settled.count, 0);
    UNTIL(&test->f, settled.count == 1);
    assert_int_equal(settled.result, REDIS_OK);
    assert_int_equal(called.count, 1);
}

/* It calls no script: that Redis was lost is counted elsewhere. */
static void redis_that_cannot_settle_has_run_no_script_in_vain(void **state)
{
    struct test *test = *state;
    struct outcome pending = {0}, refused = {0};

    redis_settle(test->f.redis, note_settled, &pending);
    redis_lose(test->f.redis, "a test wants it so");
    redis_settle(test->f.redis, note_settled, &refused);
    UNTIL(&test->f, pending.count == 1 && refused.count == 1);
    assert_int_equal(pending.result, REDIS_UNAVAILABLE);
    assert_int_equal(refused.result, REDIS_UNAVAILABLE);
    assert_int_equal(redis_stats(test->f.redis)->calls, 0);
    assert_int_equal(redis_stats(test->f.redis)->failures, 0);
    assert_int_equal(redis_stats(test->f.redis)->nodes.list[0].failures, 0);
}

int main(void)
{
#define AGAINST_REDIS(test) cmocka_unit_test_setup_teardown(test, open_up, close_down)
    const struct CMUnitTest tests[] = {
        AGAINST_REDIS(arguments_come_back_byte_for_byte),
        AGAINST_REDIS(a_large_argument_arrives_whole),
        AGAINST_REDIS(a_forgotten_script_is_sent_again_unnoticed),
        AGAINST_REDIS(a_script_that_fails_is_told_from_a_redis_that_does),
        AGAINST_REDIS(out_of_memory_is_unavailable_and_passes),
        AGAINST_REDIS(a_busy_redis_is_unavailable_and_passes),
        AGAINST_REDIS(a_right_that_was_taken_is_unavailable),
        AGAINST_REDIS(nothing_is_answered_before_the_call_returns),
        AGAINST_REDIS(an_answer_may_ask_again),
        AGAINST_REDIS(what_is_pending_is_answered_when_it_is_freed),
        AGAINST_REDIS(latencies_are_counted),
        AGAINST_REDIS(redis_has_settled_once_what_was_called_before_is_answered),
        AGAINST_REDIS(redis_that_cannot_settle_has_run_no_script_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
