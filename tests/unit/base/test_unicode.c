/* SPDX-License-Identifier: ISC */
/* base/unicode.h. */
#include "base/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_first_and_last_of_a_range_belong_to_it(void **state)
{
    (void)state;
    assert_false(unicode_is_mark(0x02ff));
    assert_true(unicode_is_mark(0x0300));
    assert_true(unicode_is_mark(0x036f));
    assert_false(unicode_is_mark(0x0370));
    assert_true(unicode_is_mark(0xe01ef));
    assert_false(unicode_is_mark(0xe01f0));
    assert_false(unicode_is_invisible(0x1f));
    assert_true(unicode_is_invisible(0x20));
    assert_false(unicode_is_invisible(0x21));
    assert_true(unicode_is_invisible(0xe0fff));
    assert_false(unicode_is_invisible(0xe1000));
}

static void letters_are_visible_and_no_marks(void **state)
{
    (void)state;
    static const unsigned letters[] = {'A', 'z', 0xe9, 0x4e2d, 0xac00, 0x1f600, 0x10ffff};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        assert_false(unicode_is_invisible(letters[i]));
        assert_false(unicode_is_mark(letters[i]));
    }
}

static void spaces_are_those_between_words_and_lines(void **state)
{
    (void)state;
    static const unsigned spaces[] = {' ', 0xa0, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    static const unsigned others[] = {'A', 0x1f, 0x21, 0x200b, 0x200d, 0x2030, 0x2800, 0xfe0f, 0x1f600, 0xe0067};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        assert_true(unicode_is_space(spaces[i]));
        assert_true(unicode_is_invisible(spaces[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(unicode_is_space(others[i]));
}

static void controls_are_c0_del_and_c1(void **state)
{
    (void)state;
    assert_true(unicode_is_control(0));
    assert_true(unicode_is_control(0x1f));
    assert_false(unicode_is_control(0x20));
    assert_false(unicode_is_control(0x7e));
    assert_true(unicode_is_control(0x7f));
    assert_true(unicode_is_control(0x9f));
    assert_false(unicode_is_control(0xa0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_and_last_of_a_range_belong_to_it),
        cmocka_unit_test(letters_are_visible_and_no_marks),
        cmocka_unit_test(spaces_are_those_between_words_and_lines),
        cmocka_unit_test(controls_are_c0_del_and_c1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
