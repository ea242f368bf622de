/* SPDX-License-Identifier: ISC */
/* Last seen, as exactly as it is told. */
#include "view/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOON   (20000 * DAY + 12 * HOUR)

static void exact_is_what_it_was(void **state)
{
    (void)state;
    assert_int_equal(seen_graded(SEEN_EXACT, NOON + 123, NOON + 456), NOON + 123);
    assert_int_equal(seen_graded(SEEN_EXACT, NOON + 123, 0), NOON + 123);
}

static void hidden_is_not_told(void **state)
{
    (void)state;
    assert_int_equal(seen_graded(SEEN_HIDDEN, NOON, NOON + DAY), 0);
}

static void an_hour_is_rounded_down(void **state)
{
    (void)state;
    assert_int_equal(seen_graded(SEEN_HOUR, NOON - 3 * HOUR - 1, NOON), NOON - 4 * HOUR);
    assert_int_equal(seen_graded(SEEN_HOUR, NOON - 3 * HOUR, NOON), NOON - 3 * HOUR);
    assert_int_equal(seen_graded(SEEN_HOUR, NOON - 3 * HOUR + 59 * MINUTE, NOON), NOON - 3 * HOUR);
}

/* At any minute of an hour, somebody of this hour and somebody of the one before are told the same. */
static void the_newest_two_hours_are_one(void **state)
{
    (void)state;
    for (int64_t now = NOON; now < NOON + HOUR; now += MINUTE) {
        for (int64_t since = NOON - HOUR; since <= now; since += MINUTE)
            assert_int_equal(seen_graded(SEEN_HOUR, since, now), NOON - HOUR);
        assert_int_equal(seen_graded(SEEN_HOUR, NOON - HOUR - 1, now), NOON - 2 * HOUR);
    }
}

static void days_are_those_of_utc(void **state)
{
    (void)state;
    int64_t today = NOON - 12 * HOUR;
    assert_int_equal(seen_graded(SEEN_DAY, NOON, NOON + HOUR), today - DAY);
    assert_int_equal(seen_graded(SEEN_DAY, today - 1, NOON), today - DAY);
    assert_int_equal(seen_graded(SEEN_DAY, today - DAY - 1, NOON), today - 2 * DAY);
}

static void a_time_that_is_ahead_of_the_clock_tells_no_more(void **state)
{
    (void)state;
    assert_int_equal(seen_graded(SEEN_HOUR, NOON + 5 * HOUR, NOON), NOON - HOUR);
}

static void without_a_clock_nothing_is_told(void **state)
{
    (void)state;
    assert_int_equal(seen_graded(SEEN_HOUR, NOON, 0), 0);
    assert_int_equal(seen_graded(SEEN_DAY, NOON, HOUR), 0);
    assert_int_equal(seen_graded(SEEN_DAY, 0, NOON), 0);
}

static void the_stricter_counts(void **state)
{
    (void)state;
    assert_int_equal(seen_stricter(SEEN_HOUR, SEEN_DAY), SEEN_DAY);
    assert_int_equal(seen_stricter(SEEN_HIDDEN, SEEN_EXACT), SEEN_HIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_is_what_it_was),
        cmocka_unit_test(hidden_is_not_told),
        cmocka_unit_test(an_hour_is_rounded_down),
        cmocka_unit_test(the_newest_two_hours_are_one),
        cmocka_unit_test(days_are_those_of_utc),
        cmocka_unit_test(a_time_that_is_ahead_of_the_clock_tells_no_more),
        cmocka_unit_test(without_a_clock_nothing_is_told),
        cmocka_unit_test(the_stricter_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
