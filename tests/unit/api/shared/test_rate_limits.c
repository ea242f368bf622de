/* SPDX-License-Identifier: ISC */
/* Token buckets: bursts, flow, and that one user's haste is not another's. */
#include "api/shared/rate_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct rate_limits *per_second(unsigned units)
{
    return rate_limits_new(&(struct rate){units, 1, 2 * units});
}

static unsigned take_all(struct rate_limits *limits, const char *user, int64_t now_ms)
{
    unsigned taken = 0;
    unsigned after_s;

    while (rate_limits_take(limits, user, 1, now_ms, &after_s))
        taken++;
    assert_true(after_s >= 1);
    return taken;
}

static void a_burst_is_twice_the_rate(void **state)
{
    struct rate_limits *limits = per_second(20);

    (void)state;
    assert_int_equal(take_all(limits, "bob", 0), 40);
    rate_limits_free(limits);
}

static void the_rate_flows_in_with_time(void **state)
{
    struct rate_limits *limits = per_second(20);

    (void)state;
    take_all(limits, "bob", 0);
    assert_int_equal(take_all(limits, "bob", 500), 10);
    assert_int_equal(take_all(limits, "bob", 60000), 40);
    rate_limits_free(limits);
}

static void a_rate_of_units_a_minute_flows_in_evenly(void **state)
{
    struct rate_limits *limits = rate_limits_new(&(struct rate){10, 60, 10});
    unsigned after_s;

    (void)state;
    assert_int_equal(take_all(limits, "bob", 0), 10);
    assert_false(rate_limits_take(limits, "bob", 1, 0, &after_s));
    assert_int_equal(after_s, 6);
    assert_false(rate_limits_take(limits, "bob", 1, 5999, &after_s));
    assert_int_equal(after_s, 1);
    assert_int_equal(take_all(limits, "bob", 6000), 1);
    assert_int_equal(take_all(limits, "bob", 600000), 10);
    rate_limits_free(limits);
}

static void users_have_buckets_of_their_own(void **state)
{
    struct rate_limits *limits = per_second(5);

    (void)state;
    take_all(limits, "bob", 0);
    assert_int_equal(take_all(limits, "bo", 0), 10);
    rate_limits_free(limits);
}

static void full_buckets_are_let_go(void **state)
{
    struct rate_limits *limits = per_second(5);
    unsigned after_s;
    char user[20];

    (void)state;
    take_all(limits, "hasty", 0);
    for (int i = 0; i < 25000; i++) {
        snprintf(user, sizeof user, "u%d", i);
        assert_true(rate_limits_take(limits, user, 1, 1000, &after_s));
    }
    /* Five have flowed in since, sweeps or not. */
    assert_int_equal(take_all(limits, "hasty", 1000), 5);
    rate_limits_free(limits);
}

static void counts_as(const char *address, const char *expected)
{
    char out[64];

    assert_true(rate_limits_address(address, out, sizeof out));
    assert_string_equal(out, expected);
}

static void an_ipv6_address_counts_as_its_network(void **state)
{
    (void)state;
    counts_as("192.0.2.7", "192.0.2.7");
    counts_as("::ffff:192.0.2.7", "192.0.2.7");
    counts_as("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
    counts_as("2001:db8:1:2::ffff", "2001:db8:1:2::");
}

static void what_is_no_address_is_not_counted(void **state)
{
    char out[64];

    (void)state;
    assert_false(rate_limits_address(NULL, out, sizeof out));
    assert_false(rate_limits_address("", out, sizeof out));
    assert_false(rate_limits_address("unix:", out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_twice_the_rate),
        cmocka_unit_test(the_rate_flows_in_with_time),
        cmocka_unit_test(a_rate_of_units_a_minute_flows_in_evenly),
        cmocka_unit_test(users_have_buckets_of_their_own),
        cmocka_unit_test(full_buckets_are_let_go),
        cmocka_unit_test(an_ipv6_address_counts_as_its_network),
        cmocka_unit_test(what_is_no_address_is_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
