/* SPDX-License-Identifier: ISC */
/* Alarms: the soonest is first, whatever was set, cleared and set again. */
#include "base/alarms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MANY = 300, STEPS = 20000 };

static void none_is_first_of_none(void **state)
{
    struct alarms alarms;
    (void)state;
    alarms_init(&alarms);
    assert_null(alarms_first(&alarms));
    assert_null(alarms_due(&alarms, INT64_MAX));
    alarms_fini(&alarms);
}

static void one_is_due_from_its_time_on(void **state)
{
    struct alarms alarms;
    struct alarm alarm = {.slot = 0};
    (void)state;
    alarms_init(&alarms);
    alarms_set(&alarms, &alarm, 50);
    assert_null(alarms_due(&alarms, 49));
    assert_ptr_equal(alarms_due(&alarms, 50), &alarm);
    assert_ptr_equal(alarms_due(&alarms, 51), &alarm);
    alarms_clear(&alarms, &alarm);
    assert_null(alarms_first(&alarms));
    alarms_fini(&alarms);
}

static void clearing_one_that_is_not_set_does_nothing(void **state)
{
    struct alarms alarms;
    struct alarm set = {.slot = 0};
    struct alarm other = {.slot = 0};
    (void)state;
    alarms_init(&alarms);
    alarms_set(&alarms, &set, 1);
    alarms_clear(&alarms, &other);
    assert_ptr_equal(alarms_first(&alarms), &set);
    alarms_fini(&alarms);
}

/* The soonest of those set, found the slow way; NULL if none is set. */
static const struct alarm *soonest(const struct alarm *all)
{
    const struct alarm *first = NULL;
    for (size_t i = 0; i < MANY; i++) {
        if (all[i].slot != 0 && (first == NULL || all[i].at_ms < first->at_ms))
            first = &all[i];
    }
    return first;
}

static void the_soonest_is_first_through_any_changes(void **state)
{
    static struct alarm all[MANY];
    struct alarms alarms;
    unsigned seed = 11;
    (void)state;
    alarms_init(&alarms);
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 1664525U + 1013904223U;
        struct alarm *alarm = &all[(seed >> 8) % MANY];
        if (alarm->slot != 0)
            alarms_clear(&alarms, alarm);
        else
            alarms_set(&alarms, alarm, (seed >> 16) % 1000);
        const struct alarm *expected = soonest(all);
        if (expected == NULL)
            assert_null(alarms_first(&alarms));
        else
            assert_int_equal(alarms_first(&alarms)->at_ms, expected->at_ms);
    }
    alarms_fini(&alarms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_first_of_none),
        cmocka_unit_test(one_is_due_from_its_time_on),
        cmocka_unit_test(clearing_one_that_is_not_set_does_nothing),
        cmocka_unit_test(the_soonest_is_first_through_any_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
