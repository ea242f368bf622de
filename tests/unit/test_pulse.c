/* SPDX-License-Identifier: ISC */
/* When a worker counts as silent. */
#include "pulse.h"

#include "scratch.h"

static void one_that_beats_is_not_silent(void **state)
{
    (void)state;
    struct pulse pulse;
    pulse_begin(&pulse, 7, 1000);
    for (unsigned i = 1; i < 100; i++)
        assert_false(pulse_look(&pulse, 7 + i, 1000 + i * (PULSE_SILENT_MS - 1)));
}

static void one_that_stops_is_silent_after_its_time(void **state)
{
    (void)state;
    struct pulse pulse;
    pulse_begin(&pulse, 7, 1000);
    assert_false(pulse_look(&pulse, 8, 2000));
    assert_false(pulse_look(&pulse, 8, 2000 + PULSE_SILENT_MS - 1));
    assert_true(pulse_look(&pulse, 8, 2000 + PULSE_SILENT_MS));
    assert_false(pulse_look(&pulse, 9, 2001 + PULSE_SILENT_MS));
}

static void one_that_begins_has_longer(void **state)
{
    (void)state;
    struct pulse pulse;
    pulse_begin(&pulse, 7, 1000);
    assert_false(pulse_look(&pulse, 7, 1000 + PULSE_BEGIN_MS - 1));
    assert_true(pulse_look(&pulse, 7, 1000 + PULSE_BEGIN_MS));
}

static void a_count_that_wraps_is_a_beat(void **state)
{
    (void)state;
    struct pulse pulse;
    pulse_begin(&pulse, UINT32_MAX, 1000);
    assert_false(pulse_look(&pulse, 0, 1000 + PULSE_BEGIN_MS));
}

static void silence_while_the_master_slept_does_not_count(void **state)
{
    (void)state;
    struct pulse pulse;
    pulse_begin(&pulse, 7, 1000);
    assert_false(pulse_look(&pulse, 8, 2000));
    pulse_excuse(&pulse, 3600000);
    assert_false(pulse_look(&pulse, 8, 3600000 + PULSE_SILENT_MS - 1));
    assert_true(pulse_look(&pulse, 8, 3600000 + PULSE_SILENT_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_beats_is_not_silent),
        cmocka_unit_test(one_that_stops_is_silent_after_its_time),
        cmocka_unit_test(one_that_begins_has_longer),
        cmocka_unit_test(a_count_that_wraps_is_a_beat),
        cmocka_unit_test(silence_while_the_master_slept_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
