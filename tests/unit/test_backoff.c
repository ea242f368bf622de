/* SPDX-License-Identifier: ISC */
/* How long a worker that died waits for its successor. */
#include "backoff.h"

#include "scratch.h"

static void the_first_death_is_made_good_at_once(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    assert_int_equal(backoff_next_ms(&backoff, 0), 0);
}

static void each_early_death_doubles_the_pause_up_to_the_last(void **state)
{
    (void)state;
    static const int64_t expected_ms[] = {0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct backoff backoff = {0};
    for (size_t i = 0; i < sizeof expected_ms / sizeof *expected_ms; i++)
        assert_int_equal(backoff_next_ms(&backoff, BACKOFF_STEADY_MS - 1), expected_ms[i]);
}

static void one_that_ran_for_long_starts_the_count_again(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    for (int i = 0; i < 5; i++)
        backoff_next_ms(&backoff, 0);
    assert_int_equal(backoff_next_ms(&backoff, BACKOFF_STEADY_MS), 0);
    assert_int_equal(backoff_next_ms(&backoff, 0), BACKOFF_FIRST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_death_is_made_good_at_once),
        cmocka_unit_test(each_early_death_doubles_the_pause_up_to_the_last),
        cmocka_unit_test(one_that_ran_for_long_starts_the_count_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
