/* SPDX-License-Identifier: ISC */
/* Channels, against a real Redis: subscriptions that stand, come back, and end. */
#include "server.h"

struct test {
    struct fixture f;
    struct server server;
};

static int open_up(void **state)
{
    static struct test test;

    memset(&test, 0, sizeof test);
    fixture_open(&test.f, NULL, 0);
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

static void subscribe(struct test *test, const char *channel)
{
    struct outcome outcome = {0};

    redis_subscribe(test->f.redis, channel, note_subscribed, &outcome);
    assert_int_equal(outcome.count, 0);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_OK);
}

static void a_message_comes_byte_for_byte(void **state)
{
    struct test *test = *state;

    subscribe(test, "one");
    TELL(&test->server, "PUBLISH one %b", "a\0b\r\n", (size_t)5);
    UNTIL(&test->f, test->f.messages == 1);
    assert_string_equal(test->f.message[0].channel, "one");
    assert_int_equal(test->f.message[0].len, 5);
    assert_memory_equal(test->f.message[0].bytes, "a\0b\r\n", 5);
}

static void what_is_published_once_it_stands_is_not_missed(void **state)
{
    struct test *test = *state;
    char name[32];

    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "channel %u", i);
        subscribe(test, name);
        TELL(&test->server, "PUBLISH %s x", name);
        UNTIL(&test->f, test->f.messages == i + 1);
    }
}

static void an_unsubscribed_channel_is_silent(void **state)
{
    struct test *test = *state;

    subscribe(test, "one");
    subscribe(test, "two");
    redis_unsubscribe(test->f.redis, "one");
    redis_unsubscribe(test->f.redis, "never was");
    TELL(&test->server, "PUBLISH one x");
    TELL(&test->server, "PUBLISH two y");
    UNTIL(&test->f, test->f.messages == 1);
    assert_string_equal(test->f.message[0].channel, "two");
}

static void a_channel_may_go_and_come_in_one_turn(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    for (int i = 0; i < 10; i++) {
        redis_subscribe(test->f.redis, "one", note_subscribed, &outcome);
        redis_unsubscribe(test->f.redis, "one");
    }
    redis_subscribe(test->f.redis, "one", note_subscribed, &outcome);
    UNTIL(&test->f, outcome.count == 11);
    TELL(&test->server, "PUBLISH one x");
    UNTIL(&test->f, test->f.messages == 1);
}

static void a_killed_channel_connection_comes_back_with_its_channels(void **state)
{
    struct test *test = *state;

    subscribe(test, "one");
    subscribe(test, "two");
    for (unsigned i = 1; i <= 5; i++) {
        TELL(&test->server, "CLIENT KILL TYPE pubsub");
        UNTIL(&test->f, test->f.downs == i);
        UNTIL(&test->f, test->f.ups == i + 1);
        TELL(&test->server, "PUBLISH one x");
        TELL(&test->server, "PUBLISH two x");
        UNTIL(&test->f, test->f.messages == 2 * i);
    }
}

static void a_subscription_asked_for_while_down_stands_later(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    server_stop(&test->server);
    test->server.admin = NULL;
    UNTIL(&test->f, !redis_up(test->f.redis));
    redis_subscribe(test->f.redis, "one", note_subscribed, &outcome);
    assert_int_equal(outcome.count, 0);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    server_start(&test->server, &test->f);
    UNTIL(&test->f, redis_up(test->f.redis));
    TELL(&test->server, "PUBLISH one x");
    UNTIL(&test->f, test->f.messages == 1);
}

static void many_channels_come_back(void **state)
{
    enum { COUNT = 5000 };
    struct test *test = *state;
    struct outcome outcome = {0};
    char name[32];

    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "channel %d", i);
        redis_subscribe(test->f.redis, name, note_subscribed, &outcome);
    }
    UNTIL(&test->f, outcome.count == COUNT);
    TELL(&test->server, "CLIENT KILL TYPE pubsub");
    UNTIL(&test->f, test->f.ups == 2);
    TELL(&test->server, "PUBLISH %s x", name);
    UNTIL(&test->f, test->f.messages == 1);
}

static void with_priorities_channels_come_first(void **state)
{
    struct test *test = *state;

    assert_int_equal(event_get_priority(&test->f.redis->channel.readable), 0);
    assert_int_equal(event_get_priority(&test->f.redis->command.readable), 1);
}

int main(void)
{
#define AGAINST_REDIS(test) cmocka_unit_test_setup_teardown(test, open_up, close_down)
    const struct CMUnitTest tests[] = {
        AGAINST_REDIS(a_message_comes_byte_for_byte),
        AGAINST_REDIS(what_is_published_once_it_stands_is_not_missed),
        AGAINST_REDIS(an_unsubscribed_channel_is_silent),
        AGAINST_REDIS(a_channel_may_go_and_come_in_one_turn),
        AGAINST_REDIS(a_killed_channel_connection_comes_back_with_its_channels),
        AGAINST_REDIS(a_subscription_asked_for_while_down_stands_later),
        AGAINST_REDIS(many_channels_come_back),
        AGAINST_REDIS(with_priorities_channels_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
