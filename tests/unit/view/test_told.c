/* SPDX-License-Identifier: ISC */
/* What cursors say of places: one text for each list, and nothing else is taken for one. */
#include "view/told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_list_comes_back_as_it_went(void **state)
{
    struct told_list list = {0};
    struct told_list back;
    char text[TOLD_TEXT_MAX + 1];
    (void)state;
    told_add(&list, 1, 0xffffff);
    told_add(&list, 0xabcdef, 64);
    assert_int_equal(told_format(&list, text), 16);
    assert_string_equal(text, "AAAB____q83vAABA");
    assert_true(told_parse(&back, text, 16));
    assert_true(told_is_same(&list, &back));
    assert_int_equal(told_of(&back, 0xabcdef), 64);
    assert_int_equal(told_of(&back, 2), 0);
}

static void the_empty_set_is_not_in_it(void **state)
{
    struct told_list list = {0};
    (void)state;
    told_add(&list, 7, 0);
    assert_int_equal(list.count, 0);
}

static void no_more_is_taken_than_fits(void **state)
{
    struct told_list list = {0};
    struct told_list long_list = {0};
    char text[TOLD_TEXT_MAX + 9];
    (void)state;
    for (uint32_t i = 1; i <= TOLD_MAX + 5; i++) {
        told_add(&list, i, i);
        told_add(&long_list, 0x1000000 + i, i);
    }
    assert_int_equal(list.count, TOLD_MAX);
    size_t len = told_format(&list, text);
    assert_int_equal(len, 8 * TOLD_MAX);
    assert_true(told_parse(&list, text, len));
    memcpy(text + len, "AAABAAAB", 8);
    assert_false(told_parse(&list, text, len + 8));
    assert_int_equal(told_format(&long_list, text), TOLD_TEXT_MAX);
    assert_true(told_parse(&list, text, TOLD_TEXT_MAX));
    assert_true(told_is_same(&list, &long_list));
    memcpy(text + TOLD_TEXT_MAX, "AAABAAAB", 8);
    assert_false(told_parse(&list, text, TOLD_TEXT_MAX + 8));
}

static void a_long_mark_takes_more_characters(void **state)
{
    static const uint64_t marks[] = {0xffffff, 0x1000000, ((uint64_t)1 << 54) - 1};
    struct told_list list = {0};
    struct told_list back;
    char text[TOLD_TEXT_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        told_add(&list, marks[i], 1);
    size_t len = told_format(&list, text);
    assert_string_equal(text, "____AAAB"
                              "AAAAAAAABAAAAAAAB"
                              "AAAA_________AAAB");
    assert_true(told_parse(&back, text, len));
    assert_true(told_is_same(&list, &back));
    assert_int_equal(told_of(&back, marks[2]), 1);
}

static void other_texts_say_nothing(void **state)
{
    static const char *const others[] = {"AAAB",           "AAABAAA",           "AAABAAABA", "AAAAAAAB",
                                         "AAABAAAA",       "AAABAA=B",          "AAABAA.B",  "AAAAAAAAA____AAAB",
                                         "AAAAAAAAABAAAA", "AAAAAAAAABAAAAAAAA"};
    struct told_list list;
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        list.count = 1;
        assert_false(told_parse(&list, others[i], strlen(others[i])));
        assert_int_equal(list.count, 0);
    }
    assert_false(told_parse(&list, "AAAB\0AAB", 8));
    assert_true(told_parse(&list, "", 0));
}

static void order_matters(void **state)
{
    struct told_list a = {0}, b = {0};
    (void)state;
    told_add(&a, 1, 2);
    told_add(&a, 3, 4);
    told_add(&b, 3, 4);
    told_add(&b, 1, 2);
    assert_false(told_is_same(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_comes_back_as_it_went), cmocka_unit_test(the_empty_set_is_not_in_it),
        cmocka_unit_test(no_more_is_taken_than_fits),   cmocka_unit_test(a_long_mark_takes_more_characters),
        cmocka_unit_test(other_texts_say_nothing),      cmocka_unit_test(order_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
