/* SPDX-License-Identifier: ISC */
/* When a delivery is tried again. */
#include "hooks/hook_retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { EXACT = 200 /* neither earlier nor later */ };

static void pauses_grow_to_an_hour(void **state)
{
    static const int64_t seconds[] = {1, 5, 30, 120, 600, 1800, 3600, 3600};
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(hook_retry_ms(i + 1, 0, EXACT), seconds[i] * 1000);
    assert_int_equal(hook_retry_ms(INT64_MAX, 0, EXACT), 3600 * 1000);
}

static void each_is_up_to_a_fifth_shorter_or_longer(void **state)
{
    (void)state;
    assert_int_equal(hook_retry_ms(3, 0, 0), 24000);
    assert_int_equal(hook_retry_ms(3, 0, HOOK_SPREAD - 1), 36000);
}

static void a_receiver_can_ask_for_more_up_to_a_day_but_not_for_less(void **state)
{
    (void)state;
    assert_int_equal(hook_retry_ms(1, 60, EXACT), 60000);
    assert_int_equal(hook_retry_ms(4, 1, EXACT), 120000);
    assert_int_equal(hook_retry_ms(1, INT64_MAX, EXACT), INT64_C(86400) * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_to_an_hour),
        cmocka_unit_test(each_is_up_to_a_fifth_shorter_or_longer),
        cmocka_unit_test(a_receiver_can_ask_for_more_up_to_a_day_but_not_for_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
