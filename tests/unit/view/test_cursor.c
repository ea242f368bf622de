/* SPDX-License-Identifier: ISC */
/* Cursors as text, and the names of statuses and reasons. */
#include "view/cursor.h"
#include "view/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool parse(const char *text, struct cursor *cursor)
{
    return cursor_parse(text, strlen(text), cursor);
}

static bool refuses(const char *text)
{
    struct cursor cursor;
    return !parse(text, &cursor);
}

static void a_plain_cursor_comes_back_as_it_went(void **state)
{
    struct cursor cursor = {.epoch = "0123456789abcdef", .seq = 42};
    struct cursor back;
    char text[CURSOR_TEXT_MAX];
    (void)state;
    assert_int_equal(cursor_format(&cursor, text), strlen("0123456789abcdef-42"));
    assert_string_equal(text, "0123456789abcdef-42");
    assert_true(parse(text, &back));
    assert_string_equal(back.epoch, cursor.epoch);
    assert_int_equal(back.seq, 42);
    assert_int_equal(back.head, 0);
}

static void a_cursor_between_pages_keeps_its_third_part(void **state)
{
    struct cursor cursor = {.epoch = "0123456789abcdef", .seq = 7, .head = 90};
    struct cursor back;
    char text[CURSOR_TEXT_MAX];
    (void)state;
    cursor_format(&cursor, text);
    assert_string_equal(text, "0123456789abcdef-7-90");
    assert_true(parse(text, &back));
    assert_int_equal(back.seq, 7);
    assert_int_equal(back.head, 90);
}

static void the_greatest_numbers_fit(void **state)
{
    struct cursor cursor = {.epoch = "0123456789abcdef", .seq = INT64_MAX, .head = INT64_MAX};
    struct cursor back;
    char text[CURSOR_TEXT_MAX];
    (void)state;
    assert_true(cursor_format(&cursor, text) < CURSOR_TEXT_MAX);
    assert_true(parse(text, &back));
    assert_true(back.seq == INT64_MAX);
}

static void a_seq_of_nought_is_a_cursor(void **state)
{
    struct cursor cursor;
    (void)state;
    assert_true(parse("0123456789abcdef-0", &cursor));
    assert_int_equal(cursor.seq, 0);
}

static void numbers_too_great_are_refused(void **state)
{
    (void)state;
    assert_true(refuses("0123456789abcdef-9223372036854775808"));
    assert_true(refuses("0123456789abcdef-99999999999999999999999"));
    assert_true(refuses("0123456789abcdef-1-9223372036854775808"));
}

static void what_is_no_cursor_is_refused(void **state)
{
    (void)state;
    assert_true(refuses(""));
    assert_true(refuses("0123456789abcdef"));
    assert_true(refuses("0123456789abcdef-"));
    assert_true(refuses("0123456789abcde-1"));
    assert_true(refuses("0123456789abcdefg-1"));
    assert_true(refuses("0123456789abcd\"f-1"));
    assert_true(refuses("0123456789abcdef--1"));
    assert_true(refuses("0123456789abcdef-+1"));
    assert_true(refuses("0123456789abcdef- 1"));
    assert_true(refuses("0123456789abcdef-1x"));
    assert_true(refuses("0123456789abcdef-1-"));
    assert_true(refuses("0123456789abcdef-1-2-3"));
}

static void a_second_way_to_write_a_cursor_is_refused(void **state)
{
    (void)state;
    assert_true(refuses("0123456789abcdef-01"));
    assert_true(refuses("0123456789abcdef-00"));
    assert_true(refuses("0123456789abcdef-1-0"));
}

static void a_nul_inside_does_not_end_a_cursor(void **state)
{
    struct cursor cursor;
    (void)state;
    assert_false(cursor_parse("0123456789abcdef-1\0", 19, &cursor));
}

static void a_refused_text_leaves_the_cursor_alone(void **state)
{
    struct cursor cursor = {.epoch = "unchanged", .seq = 5};
    (void)state;
    assert_false(parse("0123456789abcdef-1x", &cursor));
    assert_string_equal(cursor.epoch, "unchanged");
    assert_int_equal(cursor.seq, 5);
}

static void names_of_statuses_come_back(void **state)
{
    enum status status;
    (void)state;
    for (int i = STATUS_OFFLINE; i <= STATUS_ACTIVE; i++) {
        const char *name = status_name((enum status)i);
        assert_true(status_parse(name, &status));
        assert_int_equal(status, i);
    }
    assert_false(status_parse("activ", &status));
    assert_false(status_parse("Active", &status));
    assert_false(status_parse("", &status));
}

static void names_of_reasons_come_back(void **state)
{
    enum why why;
    (void)state;
    for (int i = WHY_JOIN; i <= WHY_REMOVED; i++) {
        const char *name = why_name((enum why)i);
        assert_true(why_parse(name, &why));
        assert_int_equal(why, i);
    }
    assert_false(why_parse("joined", &why));
}

static void the_readers_own_revision_is_behind_the_rest(void **state)
{
    struct cursor cursor = {.epoch = "0123456789abcdef", .seq = 42, .own_rev = 7};
    struct cursor back;
    char text[CURSOR_TEXT_MAX];
    (void)state;
    cursor_format(&cursor, text);
    assert_string_equal(text, "0123456789abcdef-42_m7");
    assert_true(parse(text, &back));
    assert_int_equal(back.own_rev, 7);
    cursor.head = 50;
    cursor_format(&cursor, text);
    assert_string_equal(text, "0123456789abcdef-42-50_m7");
    assert_true(parse(text, &back));
    assert_int_equal(back.head, 50);
    assert_int_equal(back.own_rev, 7);
}

static void the_longest_cursor_fits(void **state)
{
    struct cursor cursor = {.epoch = "0123456789abcdef", .seq = INT64_MAX, .head = INT64_MAX, .own_rev = INT64_MAX};
    char text[CURSOR_TEXT_MAX];
    (void)state;
    assert_true(cursor_format(&cursor, text) < CURSOR_TEXT_MAX);
}

static void expect_told(const char *text, const char *told)
{
    struct cursor back;
    size_t len;
    assert_true(parse(text, &back));
    const char *found = cursor_told(text, strlen(text), &len);
    assert_int_equal(len, strlen(told));
    assert_string_equal(found, told);
}

static void what_was_told_of_places_comes_last_and_is_read_apart(void **state)
{
    struct cursor back;
    (void)state;
    assert_true(parse("0123456789abcdef-42_m7_t0001Az_-", &back));
    assert_int_equal(back.seq, 42);
    assert_int_equal(back.own_rev, 7);
    expect_told("0123456789abcdef-42_m7_t0001Az_-", "0001Az_-");
    expect_told("0123456789_tcdef-42-50_t0001Az_-AB_tABCD", "0001Az_-AB_tABCD");
    expect_told("0123456789_tcdef-42-50_m7", "");
}

static void other_endings_are_refused(void **state)
{
    static const char *const endings[] = {"_",
                                          "_m",
                                          "_m0",
                                          "_m07",
                                          "_m-1",
                                          "_m7x",
                                          "_m7_m8",
                                          "_m7_tab",
                                          "_t",
                                          "_t_m7",
                                          "_x1",
                                          "m7",
                                          "_m9223372036854775808",
                                          "_t0123456",
                                          "_tAAAA01Az",
                                          "_t0001Az_-_m7"};
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        strcpy(stpcpy(text, "0123456789abcdef-42"), endings[i]);
        assert_true(refuses(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_cursor_comes_back_as_it_went),
        cmocka_unit_test(a_cursor_between_pages_keeps_its_third_part),
        cmocka_unit_test(the_greatest_numbers_fit),
        cmocka_unit_test(a_seq_of_nought_is_a_cursor),
        cmocka_unit_test(numbers_too_great_are_refused),
        cmocka_unit_test(what_is_no_cursor_is_refused),
        cmocka_unit_test(a_second_way_to_write_a_cursor_is_refused),
        cmocka_unit_test(a_nul_inside_does_not_end_a_cursor),
        cmocka_unit_test(a_refused_text_leaves_the_cursor_alone),
        cmocka_unit_test(names_of_statuses_come_back),
        cmocka_unit_test(names_of_reasons_come_back),
        cmocka_unit_test(the_readers_own_revision_is_behind_the_rest),
        cmocka_unit_test(the_longest_cursor_fits),
        cmocka_unit_test(what_was_told_of_places_comes_last_and_is_read_apart),
        cmocka_unit_test(other_endings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
