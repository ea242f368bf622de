/* SPDX-License-Identifier: ISC */
/* base/utf8.h. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool valid(const char *text)
{
    return utf8_ok(text, strlen(text));
}

static void the_ends_of_each_form_of_utf8_are_valid(void **state)
{
    (void)state;
    assert_true(valid(""));
    assert_true(valid("\x7f"));
    assert_true(valid("\xc2\x80"));
    assert_true(valid("\xdf\xbf"));
    assert_true(valid("\xe0\xa0\x80"));
    assert_true(valid("\xed\x9f\xbf"));
    assert_true(valid("\xee\x80\x80"));
    assert_true(valid("\xef\xbf\xbf"));
    assert_true(valid("\xf0\x90\x80\x80"));
    assert_true(valid("\xf4\x8f\xbf\xbf"));
}

static void overlong_forms_are_invalid(void **state)
{
    (void)state;
    assert_false(valid("\xc0\x80"));
    assert_false(valid("\xc1\xbf"));
    assert_false(valid("\xe0\x9f\xbf"));
    assert_false(valid("\xf0\x8f\xbf\xbf"));
}

static void surrogates_and_beyond_the_last_are_invalid(void **state)
{
    (void)state;
    assert_false(valid("\xed\xa0\x80"));
    assert_false(valid("\xed\xbf\xbf"));
    assert_false(valid("\xf4\x90\x80\x80"));
    assert_false(valid("\xf5\x80\x80\x80"));
    assert_false(valid("\xff"));
}

static void the_valid_part_ends_before_the_first_character_that_is_not(void **state)
{
    (void)state;
    assert_int_equal(utf8_valid_len("", 0), 0);
    assert_int_equal(utf8_valid_len("a\xc3\xa4", 3), 3);
    assert_int_equal(utf8_valid_len("a\xc3\xa4", 2), 1);
    assert_int_equal(utf8_valid_len("ab\xff", 3), 2);
    assert_int_equal(utf8_valid_len("\xe2\x82(", 3), 0);
}

static void stray_and_missing_continuations_are_invalid(void **state)
{
    (void)state;
    assert_false(valid("\x80"));
    assert_false(valid("\xe2\x82"));
    assert_false(valid("\xe2\x82("
                       "a"));
    assert_false(valid("\xf0\x9f\x98"));
    assert_false(valid("\xf0\x9f(\x80"));
}

/* Every code point, encoded here by the definition, is valid (unless a surrogate) and comes back with its length. */
static void each_code_point_comes_back(void **state)
{
    (void)state;
    for (unsigned point = 1; point <= 0x10ffff; point++) {
        char text[4];
        size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        unsigned rest = point;
        for (size_t i = len; i-- > 1; rest >>= 6)
            text[i] = (char)(0x80 | (rest & 0x3f));
        text[0] = (char)(len == 1 ? rest : (0xf0U << (4 - len) & 0xf0U) | rest);
        bool surrogate = point >= 0xd800 && point < 0xe000;
        assert_int_equal(utf8_ok(text, len), !surrogate);
        size_t size;
        assert_int_equal(utf8_next(text, &size), point);
        assert_int_equal(size, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_each_form_of_utf8_are_valid),
        cmocka_unit_test(overlong_forms_are_invalid),
        cmocka_unit_test(surrogates_and_beyond_the_last_are_invalid),
        cmocka_unit_test(the_valid_part_ends_before_the_first_character_that_is_not),
        cmocka_unit_test(stray_and_missing_continuations_are_invalid),
        cmocka_unit_test(each_code_point_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
