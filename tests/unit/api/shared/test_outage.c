/* SPDX-License-Identifier: ISC */
/* How far the return of waiting clients is spread after an outage. */
#include "api/shared/outage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void a_few_clients_come_back_within_three_seconds(void **state)
{
    (void)state;
    assert_int_equal(outage_spread_s(0, 60), 3);
    assert_int_equal(outage_spread_s(999, 60), 3);
}

static void a_herd_comes_back_at_a_thousand_a_second(void **state)
{
    (void)state;
    assert_int_equal(outage_spread_s(5000, 60), 8);
}

static void all_are_back_within_a_quarter_of_the_ttl(void **state)
{
    (void)state;
    assert_int_equal(outage_spread_s(1000000, 60), 15);
    assert_int_equal(outage_spread_s(0, 4), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_clients_come_back_within_three_seconds),
        cmocka_unit_test(a_herd_comes_back_at_a_thousand_a_second),
        cmocka_unit_test(all_are_back_within_a_quarter_of_the_ttl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
