/* SPDX-License-Identifier: ISC */
/* What a reader of places is told: what is news to them, once, and made once for all who get the same. */
#include "base/buf.h"
#include "base/limits.h"
#include "places_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define BODY  "{\"cursor\":\"0123456789abcdef-7\",\"changes\":[]}"
#define START "{\"cursor\":\"0123456789abcdef-7"

static struct blob *body;

static int begin(void **state)
{
    body = blob_new(BODY, strlen(BODY));
    *state = places_new();
    return 0;
}

static int end(void **state)
{
    places_free(*state);
    blob_unref(body);
    return 0;
}

static struct blob *answer(struct reading *reading)
{
    return reading_answer(reading, blob_ref(body), NOW_MS);
}

/* READING is answered with the cursor that ends with TOLD, and with PLACES. */
static void expect_answer(struct reading *reading, const char *told, const char *places)
{
    struct blob *whole = answer(reading);
    const char *rest = strchr(whole->data + strlen(START), '"');
    char said[TOLD_TEXT_MAX + 1] = "";
    assert_memory_equal(whole->data, START, strlen(START));
    memcpy(said, whole->data + strlen(START), (size_t)(rest - whole->data) - strlen(START));
    if (told)
        assert_string_equal(said, told);
    assert_memory_equal(rest, "\",\"changes\":[]", strlen("\",\"changes\":[]"));
    assert_string_equal(rest + strlen("\",\"changes\":[]"), places);
    assert_false(reading_has_news(reading, NOW_MS));
    blob_unref(whole);
}

#define BOB    "{\"user\":\"bob\",\"doing\":[\"viewing\"]}"
#define BOB_AT ",\"places\":[{\"place\":\"p\",\"people\":[" BOB "],\"count\":1}]}"

static void a_set_is_told_once_and_then_its_end(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p", "q"};
    struct reading *reading = read_places(places, "ann", names, 2);
    put_at(places, "q", NULL, NULL);
    expect_answer(reading, "", "}");
    put_at(places, "p", "bob", "viewing");
    assert_true(reading_has_news(reading, NOW_MS));
    expect_answer(reading, NULL, BOB_AT);
    expect_answer(reading, NULL, "}");
    put_at(places, "p", NULL, NULL);
    assert_true(reading_has_news(reading, NOW_MS));
    expect_answer(reading, "", ",\"places\":[{\"place\":\"p\",\"people\":[],\"count\":0}]}");
    reading_free(reading);
}

static void the_cursor_alone_says_what_a_reader_knows(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct reading *first = read_places(places, "ann", names, 1);
    struct buf told;
    put_at(places, "p", "bob", "viewing");
    blob_unref(answer(first));
    buf_init(&told);
    reading_append_told(first, &told);
    assert_int_equal(told.len, 10);
    struct place_wants wants = {.user = "ann", .names = names, .count = 1, .told = told.data + 2, .told_len = 8};
    struct reading *next = reading_new(places, &wants, 0);
    assert_false(reading_has_news(next, NOW_MS));
    put_at(places, "p", "bob", "typing");
    assert_true(reading_has_news(next, NOW_MS));
    put_at(places, "p", "bob", "viewing");
    assert_false(reading_has_news(next, NOW_MS));
    buf_fini(&told);
    reading_free(first);
    reading_free(next);
}

static void what_a_get_has_told_is_known_to_the_stream_after_it(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct buf told;
    put_at(places, "p", "bob", "viewing");
    buf_init(&told);
    reading_append_set("p", hold(places, "p")->set, PLACE_ALL, &told);
    struct place_wants wants = {
        .user = "ann", .names = names, .count = 1, .told = told.data + 2, .told_len = told.len - 2};
    struct reading *reading = reading_new(places, &wants, 0);
    assert_false(reading_has_news(reading, NOW_MS));
    buf_fini(&told);
    reading_free(reading);
}

static void what_is_not_known_stays_as_it_was_told(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct reading *reading = read_places(places, "ann", names, 1);
    put_at(places, "p", "bob", "viewing");
    blob_unref(answer(reading));
    hold(places, "p")->stale = true;
    assert_false(reading_has_news(reading, NOW_MS));
    hold(places, "p")->stale = false;
    assert_false(reading_has_news(reading, ENDS_MS));
    struct blob *whole = reading_answer(reading, blob_ref(body), ENDS_MS);
    assert_null(strstr(whole->data, "places"));
    assert_non_null(strstr(whole->data, "-7_t"));
    blob_unref(whole);
    reading_free(reading);
}

static void all_conversations_are_those_of_the_reader(void **state)
{
    struct places *places = *state;
    const char *const names[] = {READING_DMS};
    struct reading *ann = read_places(places, "ann", names, 1);
    struct reading *eve = read_places(places, "eve", names, 1);
    struct place *place = pair(places, "dm:7", "ann", "bob");
    put_at(places, "dm:7", "bob", "typing");
    assert_true(reading_has_news(ann, NOW_MS));
    assert_false(reading_has_news(eve, NOW_MS));
    assert_true(reading_asks_for(ann, place));
    assert_false(reading_asks_for(eve, place));
    assert_false(reading_asks_for(ann, hold(places, "p")));
    expect_answer(eve, "", "}");
    expect_answer(
        ann, NULL,
        ",\"places\":[{\"place\":\"dm:7\",\"people\":[{\"user\":\"bob\",\"doing\":[\"typing\"]}],\"count\":1}]}");
    reading_free(ann);
    reading_free(eve);
}

static void quiet_conversations_leave_room_for_the_others(void **state)
{
    struct places *places = *state;
    const char *const names[] = {READING_DMS};
    struct reading *reading = read_places(places, "ann", names, 1);
    char name[16];
    for (int i = 1; i <= TOLD_MAX + 10; i++) {
        snprintf(name, sizeof name, "dm:%d", i);
        pair(places, name, "ann", "bob");
        put_at(places, name, NULL, NULL);
    }
    put_at(places, name, "bob", "typing");
    assert_true(reading_has_news(reading, NOW_MS));
    blob_unref(answer(reading));
    put_at(places, name, NULL, NULL);
    assert_true(reading_has_news(reading, NOW_MS));
    reading_free(reading);
}

static void who_no_longer_takes_part_is_told_that_nobody_is_there(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"dm:7"};
    struct reading *reading = read_places(places, "ann", names, 1);
    pair(places, "dm:7", "ann", "bob");
    put_at(places, "dm:7", "bob", "typing");
    blob_unref(answer(reading));
    pair(places, "dm:7", "eve", "bob");
    expect_answer(reading, "", ",\"places\":[{\"place\":\"dm:7\",\"people\":[],\"count\":0}]}");
    reading_free(reading);
}

/* A reader of all conversations whose cursor says that bob types in dm:7. */
static struct reading *told_of_seven(struct places *places)
{
    const char *const names[] = {READING_DMS};
    struct place_set *set;
    struct buf told;
    pair(places, "dm:7", "ann", "bob");
    put_at(places, "dm:7", "bob", "typing");
    set = hold(places, "dm:7")->set;
    buf_init(&told);
    reading_append_set("dm:7", set, PLACE_ALL, &told);
    struct place_wants wants = {
        .user = "ann", .names = names, .count = 1, .told = told.data + 2, .told_len = told.len - 2};
    struct reading *reading = reading_new(places, &wants, 0);
    buf_fini(&told);
    assert_false(reading_has_news(reading, NOW_MS));
    return reading;
}

static void who_comes_back_is_told_that_a_conversation_has_gone(void **state)
{
    struct places *places = *state;
    struct reading *reading = told_of_seven(places);
    places_set_dms_known(places, true);
    pair(places, "dm:7", "eve", "bob");
    assert_true(reading_has_news(reading, NOW_MS));
    expect_answer(reading, "", ",\"places\":[{\"place\":\"dm:7\",\"people\":[],\"count\":0}]}");
    reading_free(reading);
}

static void the_id_of_a_conversation_may_be_as_high_as_any(void **state)
{
    static const char *const ids[] = {"dm:8388607", "dm:8388608", "dm:16777216", "dm:4503599627370496"};
    struct places *places = *state;
    const char *const names[] = {READING_DMS};
    char gone[128];
    places_set_dms_known(places, true);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct reading *reading = read_places(places, "ann", names, 1);
        pair(places, ids[i], "ann", "bob");
        put_at(places, ids[i], "bob", "typing");
        blob_unref(answer(reading));
        pair(places, ids[i], "eve", "bob");
        assert_true(reading_has_news(reading, NOW_MS));
        snprintf(gone, sizeof gone, ",\"places\":[{\"place\":\"%s\",\"people\":[],\"count\":0}]}", ids[i]);
        expect_answer(reading, "", gone);
        reading_free(reading);
    }
}

static void a_conversation_that_is_not_held_is_quiet_only_if_all_active_ones_are(void **state)
{
    struct places *places = *state;
    struct places *others = places_new();
    struct reading *reading = told_of_seven(places);
    struct buf told;
    buf_init(&told);
    reading_append_told(reading, &told);
    const char *const names[] = {"p", READING_DMS};
    struct place_wants wants = {
        .user = "ann", .names = names, .count = 2, .told = told.data + 2, .told_len = told.len - 2};
    struct reading *elsewhere = reading_new(others, &wants, 0);
    assert_false(reading_has_news(elsewhere, NOW_MS));
    put_at(others, "p", "bob", "viewing");
    blob_unref(answer(elsewhere));
    assert_false(reading_has_news(elsewhere, NOW_MS));
    places_set_dms_known(others, true);
    assert_true(reading_has_news(elsewhere, NOW_MS));
    expect_answer(elsewhere, NULL, ",\"places\":[{\"place\":\"dm:7\",\"people\":[],\"count\":0}]}");
    buf_fini(&told);
    reading_free(reading);
    reading_free(elsewhere);
    places_free(others);
}

static void who_does_not_want_to_know_who_types_is_not_told(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct place_wants wants = {.user = "ann", .names = names, .count = 1, .eyes = PLACE_QUIET};
    struct reading *quiet = reading_new(places, &wants, 0);
    struct reading *other = read_places(places, "eve", names, 1);
    put_at(places, "p", "bob", "typing");
    assert_false(reading_has_news(quiet, NOW_MS));
    assert_true(reading_has_news(other, NOW_MS));
    put_at(places, "p", "bob", "viewing");
    expect_answer(quiet, NULL, BOB_AT);
    reading_free(quiet);
    reading_free(other);
}

static void a_crowd_gets_one_answer(void **state)
{
    enum { CROWD = 500 };
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct reading *readings[CROWD];
    struct blob *first = NULL;
    for (int i = 0; i < CROWD; i++)
        readings[i] = read_places(places, i % 2 ? "ann" : "eve", names, 1);
    put_at(places, "p", "bob", "viewing");
    for (int i = 0; i < CROWD; i++) {
        struct blob *whole = answer(readings[i]);
        first = first ? first : blob_ref(whole);
        assert_ptr_equal(whole, first);
        blob_unref(whole);
        reading_free(readings[i]);
    }
    assert_int_equal(places_take_rendered(places), 1);
    assert_int_equal(places_take_rendered(places), 0);
    blob_unref(first);
}

static void another_body_or_another_past_is_another_answer(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct reading *reading = read_places(places, "ann", names, 1);
    put_at(places, "p", "bob", "viewing");
    blob_unref(answer(reading));
    expect_answer(reading, NULL, "}");
    struct blob *other = blob_new(BODY, strlen(BODY));
    struct blob *whole = reading_answer(reading, blob_ref(other), NOW_MS);
    assert_string_not_equal(whole->data, BODY);
    assert_int_equal(places_take_rendered(places), 3);
    blob_unref(whole);
    blob_unref(other);
    reading_free(reading);
}

/* The set of the place I, with as many long names as are told. */
static void fill(struct places *places, const char *name)
{
    static char users[LIMIT_PLACE_PEOPLE][129];
    struct place_thing things[LIMIT_PLACE_PEOPLE];
    for (int i = 0; i < LIMIT_PLACE_PEOPLE; i++) {
        memset(users[i], '"', 128);
        snprintf(users[i], sizeof users[i], "%d", i);
        users[i][strlen(users[i])] = '"';
        things[i] = (struct place_thing){users[i], 128, "viewing", 7, 5, ENDS_MS};
    }
    places_take(places, hold(places, name), place_set_new(name, things, LIMIT_PLACE_PEOPLE));
}

static void more_than_fits_into_an_event_is_told_in_turn(void **state)
{
    struct places *places = *state;
    char texts[LIMIT_WATCHED_PLACES][4];
    const char *names[LIMIT_WATCHED_PLACES];
    int answers = 0;
    for (int i = 0; i < LIMIT_WATCHED_PLACES; i++) {
        snprintf(texts[i], sizeof texts[i], "p%d", i);
        names[i] = texts[i];
        fill(places, names[i]);
    }
    struct reading *reading = read_places(places, "ann", names, LIMIT_WATCHED_PLACES);
    while (reading_has_news(reading, NOW_MS)) {
        struct blob *whole = answer(reading);
        assert_true(whole->len < LIMIT_EVENT_BYTES - TOLD_TEXT_MAX);
        assert_non_null(strstr(whole->data, "\"places\":[{"));
        blob_unref(whole);
        assert_true(++answers <= LIMIT_WATCHED_PLACES);
    }
    assert_true(answers > 1);
    reading_free(reading);
}

static void note_owner(void *ctx, void *owner)
{
    const void **found = ctx;
    *found = owner;
}

static void a_place_knows_who_asks_for_it_by_name(void **state)
{
    struct places *places = *state;
    const char *const names[] = {"p"};
    struct reading *reading = read_places(places, "ann", names, 1);
    void *found = NULL;
    int owner;
    reading_each_of(hold(places, "p"), note_owner, &found);
    assert_null(found);
    reading_set_owner(reading, &owner, "ann");
    reading_each_of(hold(places, "p"), note_owner, &found);
    assert_ptr_equal(found, &owner);
    reading_free(reading);
    found = NULL;
    reading_each_of(hold(places, "p"), note_owner, &found);
    assert_null(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_set_is_told_once_and_then_its_end, begin, end),
        cmocka_unit_test_setup_teardown(the_cursor_alone_says_what_a_reader_knows, begin, end),
        cmocka_unit_test_setup_teardown(what_a_get_has_told_is_known_to_the_stream_after_it, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_known_stays_as_it_was_told, begin, end),
        cmocka_unit_test_setup_teardown(all_conversations_are_those_of_the_reader, begin, end),
        cmocka_unit_test_setup_teardown(quiet_conversations_leave_room_for_the_others, begin, end),
        cmocka_unit_test_setup_teardown(who_no_longer_takes_part_is_told_that_nobody_is_there, begin, end),
        cmocka_unit_test_setup_teardown(who_comes_back_is_told_that_a_conversation_has_gone, begin, end),
        cmocka_unit_test_setup_teardown(the_id_of_a_conversation_may_be_as_high_as_any, begin, end),
        cmocka_unit_test_setup_teardown(a_conversation_that_is_not_held_is_quiet_only_if_all_active_ones_are, begin,
                                        end),
        cmocka_unit_test_setup_teardown(who_does_not_want_to_know_who_types_is_not_told, begin, end),
        cmocka_unit_test_setup_teardown(a_crowd_gets_one_answer, begin, end),
        cmocka_unit_test_setup_teardown(another_body_or_another_past_is_another_answer, begin, end),
        cmocka_unit_test_setup_teardown(more_than_fits_into_an_event_is_told_in_turn, begin, end),
        cmocka_unit_test_setup_teardown(a_place_knows_who_asks_for_it_by_name, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
