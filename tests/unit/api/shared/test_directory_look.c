/* SPDX-License-Identifier: ISC */
/* What /readyz says of the directory. */
#include "api/shared/directory_look.h"

#include "scratch.h"

static void it_is_checked_once_a_second(void **state)
{
    (void)state;
    struct directory_look look = {0};
    assert_true(directory_look_due(&look, 5000));
    directory_look_take(&look, DIRECTORY_OK, "", 5000);
    assert_false(directory_look_due(&look, 5000 + DIRECTORY_LOOK_MS - 1));
    assert_true(directory_look_due(&look, 5000 + DIRECTORY_LOOK_MS));
}

static void a_fault_is_told_at_once_and_forgotten_when_it_is_over(void **state)
{
    (void)state;
    struct directory_look look = {0};
    directory_look_take(&look, DIRECTORY_FULL, "the disk is full", 5000);
    assert_string_equal(look.wrong, "the disk is full");
    directory_look_take(&look, DIRECTORY_OK, "", 6000);
    assert_string_equal(look.wrong, "");
}

static void that_another_holds_it_is_a_fault_only_after_a_while(void **state)
{
    (void)state;
    struct directory_look look = {0};
    directory_look_take(&look, DIRECTORY_OK, "", 5000);
    directory_look_take(&look, DIRECTORY_BUSY, "it is held", 5000 + DIRECTORY_HELD_MS - 1);
    assert_string_equal(look.wrong, "");
    directory_look_take(&look, DIRECTORY_BUSY, "it is held", 5000 + DIRECTORY_HELD_MS);
    assert_string_equal(look.wrong, "it is held");
}

static void one_that_is_held_from_the_start_gets_the_same_while(void **state)
{
    (void)state;
    struct directory_look look = {0};
    directory_look_take(&look, DIRECTORY_BUSY, "it is held", 5000);
    assert_string_equal(look.wrong, "");
    directory_look_take(&look, DIRECTORY_BUSY, "it is held", 5000 + DIRECTORY_HELD_MS);
    assert_string_equal(look.wrong, "it is held");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_checked_once_a_second),
        cmocka_unit_test(a_fault_is_told_at_once_and_forgotten_when_it_is_over),
        cmocka_unit_test(that_another_holds_it_is_a_fault_only_after_a_while),
        cmocka_unit_test(one_that_is_held_from_the_start_gets_the_same_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
