/* SPDX-License-Identifier: ISC */
/* Which of several addresses accepts a connection: on the loopback network, where all of 127/8 is this machine. */
#include "redis/redis_dial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct test {
    struct event_base *base;
    struct redis_dial dial;
    struct redis_addresses addresses;
    int fd; /* that listens */
    int port;
    unsigned successes, failures;
    char address[REDIS_ADDRESS_MAX];
    int error;
};

static void on_success(void *ctx, const char *address)
{
    struct test *test = ctx;

    test->successes++;
    snprintf(test->address, sizeof test->address, "%s", address);
    event_base_loopbreak(test->base);
}

static void on_failure(void *ctx, int error)
{
    struct test *test = ctx;

    test->failures++;
    test->error = error;
    event_base_loopbreak(test->base);
}

static int start(void **state)
{
    static struct test test;
    const struct redis_dial_events events = {&test, on_success, on_failure};

    memset(&test, 0, sizeof test);
    test.base = event_base_new();
    redis_dial_init(&test.dial, test.base, &events);
    *state = &test;
    return 0;
}

static int stop(void **state)
{
    struct test *test = *state;

    redis_dial_stop(&test->dial);
    if (test->fd > 0)
        close(test->fd);
    event_base_free(test->base);
    return 0;
}

/* Listens on ADDRESS alone, on a port that the system chooses. */
static void listen_on(struct test *test, const char *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t size = sizeof in;

    assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
    test->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(test->fd, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(test->fd, 16), 0);
    assert_int_equal(getsockname(test->fd, (struct sockaddr *)&in, &size), 0);
    test->port = ntohs(in.sin_port);
}

static void add_address(struct test *test, const char *address)
{
    snprintf(test->addresses.list[test->addresses.count++], REDIS_ADDRESS_MAX, "%s", address);
}

/* Tries all addresses, until one answers or all have failed. */
static void dial(struct test *test)
{
    test->successes = test->failures = 0;
    redis_dial_start(&test->dial, &test->addresses, test->port);
    if (test->successes + test->failures == 0)
        event_base_dispatch(test->base);
}

static void the_first_address_that_accepts_is_found(void **state)
{
    struct test *test = *state;

    listen_on(test, "127.0.0.1");
    add_address(test, "127.0.0.1");
    add_address(test, "127.0.0.2");
    dial(test);
    assert_int_equal(test->successes, 1);
    assert_string_equal(test->address, "127.0.0.1");
    assert_false(redis_dial_stop(&test->dial));
}

static void an_address_that_refuses_is_passed_over(void **state)
{
    struct test *test = *state;

    listen_on(test, "127.0.0.3");
    add_address(test, "127.0.0.1");
    add_address(test, "not an address");
    add_address(test, "127.0.0.3");
    dial(test);
    assert_int_equal(test->successes, 1);
    assert_string_equal(test->address, "127.0.0.3");
    assert_int_equal(test->failures, 0);
}

static void all_that_refuse_are_one_failure(void **state)
{
    struct test *test = *state;

    listen_on(test, "127.0.0.4");
    add_address(test, "127.0.0.1");
    add_address(test, "127.0.0.2");
    dial(test);
    assert_int_equal(test->failures, 1);
    assert_int_equal(test->error, ECONNREFUSED);
    assert_int_equal(test->successes, 0);
    assert_true(redis_dial_stop(&test->dial));
}

static void after_a_turn_another_address_comes_first(void **state)
{
    struct test *test = *state;

    listen_on(test, "0.0.0.0");
    add_address(test, "127.0.0.1");
    add_address(test, "127.0.0.2");
    dial(test);
    assert_string_equal(test->address, "127.0.0.1");
    redis_dial_turn(&test->dial);
    dial(test);
    assert_string_equal(test->address, "127.0.0.2");
    redis_dial_turn(&test->dial);
    dial(test);
    assert_string_equal(test->address, "127.0.0.1");
}

static void what_is_stopped_reports_nothing(void **state)
{
    struct test *test = *state;

    listen_on(test, "127.0.0.1");
    add_address(test, "127.0.0.1");
    redis_dial_start(&test->dial, &test->addresses, test->port);
    assert_true(redis_dial_stop(&test->dial));
    event_base_dispatch(test->base); /* returns since nothing is left to wait for */
    assert_int_equal(test->successes + test->failures, 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(the_first_address_that_accepts_is_found), TEST(an_address_that_refuses_is_passed_over),
        TEST(all_that_refuse_are_one_failure),         TEST(after_a_turn_another_address_comes_first),
        TEST(what_is_stopped_reports_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
