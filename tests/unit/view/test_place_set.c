/* SPDX-License-Identifier: ISC */
/* The set of a place: people as they came, each once, rendered the same by everyone. */
#include "view/place_set.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static struct place_thing thing(const char *user, const char *doing, int64_t arrived_ms, int64_t ends_ms)
{
    return (struct place_thing){user, strlen(user), doing, strlen(doing), arrived_ms, ends_ms};
}

static void expect_json(const struct place_set *set, enum place_eyes eyes, const char *json)
{
    size_t len;
    assert_string_equal(place_set_json(set, eyes, &len), json);
    assert_int_equal(len, strlen(json));
}

static void people_stand_in_the_order_in_which_they_came_each_once(void **state)
{
    struct place_thing things[] = {thing("eve", "viewing", 30, 90), thing("bob", "viewing", 20, 80),
                                   thing("bob", "typing", 40, 70), thing("ann", "viewing", 30, 99),
                                   thing("bob", "viewing", 10, 85)};
    struct place_set *set = place_set_new("dm:17", things, 5);
    (void)state;
    expect_json(set, PLACE_ALL,
                "\"place\":\"dm:17\",\"people\":[{\"user\":\"bob\",\"doing\":[\"typing\",\"viewing\"]},"
                "{\"user\":\"ann\",\"doing\":[\"viewing\"]},{\"user\":\"eve\",\"doing\":[\"viewing\"]}],\"count\":3");
    assert_int_equal(place_set_ends_ms(set), 70);
    assert_int_equal(place_set_count(set, PLACE_ALL), 3);
    place_set_free(set);
}

static void who_types_is_left_out_for_those_who_do_not_want_to_know(void **state)
{
    struct place_thing things[] = {thing("bob", "typing", 5, 80), thing("ann", "typing", 10, 80),
                                   thing("ann", "viewing", 20, 80), thing("bob", "typings", 30, 80)};
    struct place_set *set = place_set_new("x", things, 4);
    (void)state;
    expect_json(set, PLACE_QUIET,
                "\"place\":\"x\",\"people\":[{\"user\":\"ann\",\"doing\":[\"viewing\"]},"
                "{\"user\":\"bob\",\"doing\":[\"typings\"]}],\"count\":2");
    place_set_free(set);
    set = place_set_new("x", things, 0);
    assert_int_equal(place_set_mark(set, PLACE_QUIET), 0);
    place_set_free(set);
}

static void a_set_with_typists_alone_is_empty_to_them(void **state)
{
    struct place_thing things[] = {thing("bob", "typing", 5, 80)};
    struct place_set *set = place_set_new("x", things, 1);
    (void)state;
    assert_int_equal(place_set_count(set, PLACE_ALL), 1);
    assert_int_equal(place_set_count(set, PLACE_QUIET), 0);
    assert_int_not_equal(place_set_mark(set, PLACE_ALL), 0);
    assert_int_equal(place_set_mark(set, PLACE_QUIET), 0);
    expect_json(set, PLACE_QUIET, "\"place\":\"x\",\"people\":[],\"count\":0");
    place_set_free(set);
}

static void nobody_is_an_empty_set_without_an_end(void **state)
{
    struct place_set *set = place_set_new("\"quoted\"", NULL, 0);
    (void)state;
    expect_json(set, PLACE_ALL, "\"place\":\"\\\"quoted\\\"\",\"people\":[],\"count\":0");
    assert_int_equal(place_set_mark(set, PLACE_ALL), 0);
    assert_true(place_set_ends_ms(set) == INT64_MAX);
    place_set_free(set);
}

static void the_first_are_named_and_all_are_counted(void **state)
{
    enum { PEOPLE = LIMIT_PLACE_PEOPLE + 7 };
    static char names[PEOPLE][8];
    struct place_thing things[PEOPLE];
    char last[8];
    size_t len;
    (void)state;
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(names[i], sizeof names[i], "u%d", i);
        things[i] = thing(names[i], "viewing", PEOPLE - i, 100);
    }
    snprintf(last, sizeof last, "\"u%d\"", PEOPLE - 1);
    struct place_set *set = place_set_new("x", things, PEOPLE);
    const char *json = place_set_json(set, PLACE_ALL, &len);
    assert_int_equal(place_set_count(set, PLACE_ALL), PEOPLE);
    assert_non_null(strstr(json, last));
    assert_null(strstr(json, "\"u6\""));
    assert_non_null(strstr(json, "\"u7\""));
    place_set_free(set);
}

static void the_same_things_are_the_same_set_in_whatever_order_and_until_whenever(void **state)
{
    struct place_thing one[] = {thing("ann", "viewing", 10, 80), thing("bob", "viewing", 10, 90)};
    struct place_thing other[] = {thing("bob", "viewing", 10, 70), thing("ann", "viewing", 10, 60)};
    struct place_thing third[] = {thing("bob", "viewing", 9, 70), thing("ann", "viewing", 10, 60)};
    struct place_set *a = place_set_new("x", one, 2);
    struct place_set *b = place_set_new("x", other, 2);
    struct place_set *c = place_set_new("x", third, 2);
    (void)state;
    assert_true(place_set_is_same(a, b));
    assert_int_equal(place_set_mark(a, PLACE_ALL), place_set_mark(b, PLACE_ALL));
    assert_false(place_set_is_same(a, c));
    assert_int_not_equal(place_set_mark(a, PLACE_ALL), place_set_mark(c, PLACE_ALL));
    place_set_free(a);
    place_set_free(b);
    place_set_free(c);
}

static void the_mark_of_a_conversation_tells_its_id(void **state)
{
    static const int64_t ids[] = {1, 8388607, 8388608, 16777216, INT64_C(4503599627370496)};
    char name[32];
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        snprintf(name, sizeof name, "dm:%lld", (long long)ids[i]);
        assert_true(place_mark_dm(place_name_mark(name, strlen(name))) == ids[i]);
    }
    assert_int_equal(place_mark_dm(place_name_mark("dm:9223372036854775799", 22)), 0);
    assert_int_equal(place_mark_dm(place_name_mark("ticket:42", 9)), 0);
}

static void names_and_words_keep_the_rules(void **state)
{
    char name[LIMIT_PLACE_BYTES + 1];
    (void)state;
    memset(name, 'x', sizeof name);
    assert_true(place_name_ok(name, LIMIT_PLACE_BYTES));
    assert_false(place_name_ok(name, LIMIT_PLACE_BYTES + 1));
    assert_true(place_name_ok("/wiki/\xc3\x9c", 8));
    assert_false(place_name_ok("", 0));
    assert_false(place_name_ok("a\nb", 3));
    assert_false(place_name_ok("\xff", 1));
    assert_true(place_doing_ok("in-a-call", 9));
    assert_true(place_doing_ok(name, LIMIT_DOING_BYTES));
    assert_false(place_doing_ok(name, LIMIT_DOING_BYTES + 1));
    assert_false(place_doing_ok("Typing", 6));
    assert_false(place_doing_ok("a b", 3));
    assert_false(place_doing_ok("", 0));
}

static void a_conversation_is_named_in_one_way_only(void **state)
{
    (void)state;
    assert_int_equal(place_dm("dm:17"), 17);
    assert_true(place_dm("dm:9223372036854775799") == INT64_C(9223372036854775799));
    assert_int_equal(place_dm("dm:99999999999999999999"), 0);
    assert_int_equal(place_dm("dm:017"), 0);
    assert_int_equal(place_dm("dm:"), 0);
    assert_int_equal(place_dm("dm:1 "), 0);
    assert_int_equal(place_dm("dm:-1"), 0);
    assert_int_equal(place_dm("dm"), 0);
    assert_int_equal(place_dm("ticket:42"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_stand_in_the_order_in_which_they_came_each_once),
        cmocka_unit_test(who_types_is_left_out_for_those_who_do_not_want_to_know),
        cmocka_unit_test(a_set_with_typists_alone_is_empty_to_them),
        cmocka_unit_test(nobody_is_an_empty_set_without_an_end),
        cmocka_unit_test(the_first_are_named_and_all_are_counted),
        cmocka_unit_test(the_same_things_are_the_same_set_in_whatever_order_and_until_whenever),
        cmocka_unit_test(the_mark_of_a_conversation_tells_its_id),
        cmocka_unit_test(names_and_words_keep_the_rules),
        cmocka_unit_test(a_conversation_is_named_in_one_way_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
