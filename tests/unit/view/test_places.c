/* SPDX-License-Identifier: ISC */
/* The places that a worker holds: what is known of them, who takes part, and when they are let go. */
#include "places_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int begin(void **state)
{
    *state = places_new();
    return 0;
}

static int end(void **state)
{
    places_free(*state);
    return 0;
}

static void a_set_is_news_if_anybody_can_tell_it_from_the_one_before(void **state)
{
    struct places *places = *state;
    assert_true(put_at(places, "p", NULL, NULL)); /* it was not known */
    assert_false(put_at(places, "p", NULL, NULL));
    assert_true(put_at(places, "p", "ann", "viewing"));
    assert_false(put_at(places, "p", "ann", "viewing"));
    hold(places, "p")->stale = true;
    assert_true(put_at(places, "p", "ann", "viewing"));
    assert_int_equal(places_count(places), 1);
}

static void nothing_is_known_once_something_should_have_ended(void **state)
{
    struct places *places = *state;
    struct place *place = hold(places, "p");
    assert_false(place_is_known(place, 0));
    put_at(places, "p", "ann", "viewing");
    assert_true(place_is_known(place, ENDS_MS - 1));
    assert_false(place_is_known(place, ENDS_MS));
    put_at(places, "p", NULL, NULL);
    assert_true(place_is_known(place, ENDS_MS));
    place->stale = true;
    assert_false(place_is_known(place, 0));
}

static void the_end_of_a_single_thing_can_move(void **state)
{
    struct places *places = *state;
    struct place_thing two[] = {{"ann", 3, "typing", 6, 5, ENDS_MS}, {"bob", 3, "typing", 6, 6, ENDS_MS}};
    struct place *place = hold(places, "p");
    places_prolong(places, "p", 1, ENDS_MS + 10); /* it is not known */
    put_at(places, "p", "ann", "typing");
    places_prolong(places, "q", 1, ENDS_MS + 10);
    places_prolong(places, "p", 1, ENDS_MS + 10);
    assert_true(place_is_known(place, ENDS_MS + 9));
    assert_null(places_due(places, ENDS_MS + 9));
    assert_ptr_equal(places_due(places, ENDS_MS + 10), place);
    put_at(places, "p", NULL, NULL);
    places_prolong(places, "p", 1, ENDS_MS + 10);
    assert_null(places_due(places, ENDS_MS + 10));
    places_take(places, place, place_set_new("p", two, 2));
    places_prolong(places, "p", 1, ENDS_MS + 10); /* which of the two? */
    assert_ptr_equal(places_due(places, ENDS_MS), place);
    place->stale = true;
    put_at(places, "p", "ann", "typing");
    place->reading = true;
    places_prolong(places, "p", 1, ENDS_MS + 10); /* the end that is being read is another one */
    assert_ptr_equal(places_due(places, ENDS_MS), place);
    place->reading = false;
}

static void each_end_is_due_once(void **state)
{
    struct places *places = *state;
    put_at(places, "p", "ann", "viewing");
    assert_null(places_due(places, ENDS_MS - 1));
    assert_ptr_equal(places_due(places, ENDS_MS), hold(places, "p"));
    assert_null(places_due(places, ENDS_MS));
    put_at(places, "p", "ann", "viewing");
    put_at(places, "p", NULL, NULL);
    assert_null(places_due(places, ENDS_MS));
}

static void conversations_are_found_by_who_takes_part(void **state)
{
    struct places *places = *state;
    struct place *nine = pair(places, "dm:9", "ann", "bob");
    struct place *seven = pair(places, "dm:7", "bob", "eve");
    size_t count;
    struct place *const *of = places_dms_of(places, "bob", 3, &count);
    assert_int_equal(count, 2);
    assert_ptr_equal(of[0], seven);
    assert_ptr_equal(of[1], nine);
    assert_true(place_is_open_to(nine, "ann", 3));
    assert_false(place_is_open_to(nine, "eve", 3));
    assert_false(place_is_open_to(nine, "an", 2));
    assert_true(place_is_open_to(hold(places, "p"), "eve", 3));
    pair(places, "dm:9", "ann", "eve");
    places_dms_of(places, "bob", 3, &count);
    assert_int_equal(count, 1);
    of = places_dms_of(places, "eve", 3, &count);
    assert_int_equal(count, 2);
    assert_ptr_equal(of[1], nine);
    assert_null(places_dms_of(places, "joe", 3, &count));
    assert_int_equal(count, 0);
}

static void what_nobody_reads_or_asks_for_is_let_go(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"read"};
    struct reading *reading = read_places(places, "ann", names, 1);
    size_t count;
    put_at(places, "empty", NULL, NULL);
    hold(places, "reading")->reading = true;
    places_hold(places, "asked", 5, 1);
    assert_false(places_prune(places, PLACES_IDLE_MS));
    assert_int_equal(places_count(places), 4);
    assert_false(places_prune(places, PLACES_IDLE_MS + 1));
    assert_int_equal(places_count(places), 3);
    assert_null(places_find(places, "empty", 5));
    assert_true(places_prune(places, PLACES_IDLE_MS + 2)); /* of which nothing was known */
    assert_non_null(places_find(places, "read", 4));
    assert_non_null(places_find(places, "reading", 7));
    reading_free(reading);
    pair(places, "dm:9", "ann", "bob");
    put_at(places, "dm:9", "ann", "typing");
    hold(places, "reading")->reading = false;
    assert_true(places_prune(places, PLACES_IDLE_MS + 2));
    assert_int_equal(places_count(places), 0);
    places_dms_of(places, "bob", 3, &count);
    assert_int_equal(count, 0);
}

static void count_one(void *ctx, struct place *place)
{
    size_t *count = ctx;
    *count += place->name_len > 0;
}

static void each_is_visited_once(void **state)
{
    struct places *places = *state;
    size_t count = 0;
    char name[] = "p0";
    for (; name[1] <= '9'; name[1]++)
        hold(places, name);
    places_each(places, count_one, &count);
    assert_int_equal(count, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_set_is_news_if_anybody_can_tell_it_from_the_one_before, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_known_once_something_should_have_ended, begin, end),
        cmocka_unit_test_setup_teardown(the_end_of_a_single_thing_can_move, begin, end),
        cmocka_unit_test_setup_teardown(each_end_is_due_once, begin, end),
        cmocka_unit_test_setup_teardown(conversations_are_found_by_who_takes_part, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_reads_or_asks_for_is_let_go, begin, end),
        cmocka_unit_test_setup_teardown(each_is_visited_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
