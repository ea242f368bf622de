/* SPDX-License-Identifier: ISC */
/* Stamps: which keys were seen a short while ago. */
#include "base/stamps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stamps stamps;

static int begin(void **state)
{
    (void)state;
    memset(&stamps, 0, sizeof stamps);
    return 0;
}

static bool see(const char *key, int64_t now_ms)
{
    return stamps_see(&stamps, key, strlen(key), now_ms, 3000);
}

static void a_key_is_seen_again_within_the_time(void **state)
{
    (void)state;
    assert_false(see("ann", 1000));
    assert_true(see("ann", 3999));
    assert_true(see("ann", 6998)); /* since the last time */
    assert_false(see("ann", 9998));
    assert_false(see("bob", 9998));
}

static void nothing_was_seen_at_time_zero(void **state)
{
    (void)state;
    assert_false(see("", 0));
    assert_true(see("", 0));
}

static void it_holds_when_the_clock_has_grown_large(void **state)
{
    const int64_t wrap_ms = INT64_C(1) << 32;

    (void)state;
    assert_false(see("ann", wrap_ms - 1));
    assert_true(see("ann", wrap_ms + 1));
}

/* How many of COUNT keys that are seen twice, all once and then all again, are seen again. */
static int seen_again(int count)
{
    int again = 0;

    for (int i = 0; i < 2 * count; i++) {
        char key[16];
        snprintf(key, sizeof key, "session-%d", i % count);
        again += see(key, 1000 + i / count);
    }
    return again;
}

static void most_keys_have_a_place_if_they_are_not_too_many(void **state)
{
    (void)state;
    assert_in_range(seen_again(STAMPS_PLACES / 4), STAMPS_PLACES / 8, STAMPS_PLACES / 4);
}

static void keys_that_take_each_other_s_place_are_not_taken_for_each_other(void **state)
{
    (void)state;
    assert_in_range(seen_again(STAMPS_PLACES * 16), 0, STAMPS_PLACES / 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_key_is_seen_again_within_the_time, begin),
        cmocka_unit_test_setup(nothing_was_seen_at_time_zero, begin),
        cmocka_unit_test_setup(it_holds_when_the_clock_has_grown_large, begin),
        cmocka_unit_test_setup(most_keys_have_a_place_if_they_are_not_too_many, begin),
        cmocka_unit_test_setup(keys_that_take_each_other_s_place_are_not_taken_for_each_other, begin),
    };

    return cmocka_run_group_tests_name("stamps", tests, NULL, NULL);
}
