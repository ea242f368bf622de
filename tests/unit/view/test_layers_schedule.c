/* SPDX-License-Identifier: ISC */
/* The schedule that Redis gets: what the layers say, segment by segment, and the revisions that go with it. */
#include "layers_fixture.h"
#include "view/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define assert_schedule(row, expected)                                                                                 \
    do {                                                                                                               \
        struct buf schedule;                                                                                           \
        buf_init(&schedule);                                                                                           \
        layers_schedule(row, &schedule);                                                                               \
        assert_string_equal(buf_text(&schedule), expected);                                                            \
        buf_fini(&schedule);                                                                                           \
    } while (0)

static void nothing_said_is_one_segment_without_an_end(void **state)
{
    (void)state;
    struct status_row row = row_of(NULL, 0);
    assert_schedule(&row, "64 0\n0 - ");
}

static void the_mode_has_a_letter_for_each_thing(void **state)
{
    (void)state;
    const struct layer away[] = {BASE(.show = SHOW_AWAY)};
    const struct layer invisible[] = {BASE(.show = SHOW_INVISIBLE)};
    struct status_row row = ROW(away);
    assert_schedule(&row, "64 0\n0 a ");
    row = ROW(invisible);
    assert_schedule(&row, "64 0\n0 i ");
    const struct layer all[] = {TEMPORARY(.show = SHOW_INVISIBLE),
                                CLAIM("desk", .show = SHOW_ACTIVE, .present = true, .until_ms = 2000)};
    row = ROW(all);
    assert_schedule(&row, "64 0\n1000 irp \n2000 rp \n0 - ");
}

static void the_note_has_what_is_set_in_a_fixed_order(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.emoji = "🌴", .text = "a \"b\" \\ c", .dnd = SAID_TRUE)};
    struct status_row row = ROW(layers);
    row.last_seen = SEEN_DAY;
    row.hides_typing = true;
    assert_schedule(
        &row, "64 0\n"
              "1000 - ,\"seen\":\"day\",\"typing\":false,\"dnd\":true,\"text\":\"a \\\"b\\\" \\\\ c\",\"emoji\":\"🌴\","
              "\"until\":1000\n"
              "0 - ,\"seen\":\"day\",\"typing\":false");
}

static void a_message_without_an_end_has_no_until(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.text = "x"), TEMPORARY(.dnd = SAID_TRUE)};
    struct status_row row = ROW(layers);
    assert_schedule(&row, "64 0\n1000 - ,\"dnd\":true,\"text\":\"x\"\n0 - ,\"text\":\"x\"");
}

static void ends_in_the_same_millisecond_are_one_segment(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.text = "focus", .dnd = SAID_TRUE), CLAIM("c", .show = SHOW_AWAY)};
    struct status_row row = ROW(layers);
    assert_schedule(&row, "64 0\n1000 a ,\"dnd\":true,\"text\":\"focus\",\"until\":1000\n0 - ");
    assert_int_equal(layers_revision(&row, 1000), 65);
}

static void an_end_that_changes_nothing_for_others_is_a_segment_for_the_user(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.show = SHOW_INVISIBLE),
                                   CLAIM("c", .variant = VARIANT_UNSEEN, .text = "x", .until_ms = 300)};
    struct status_row row = ROW(layers);
    assert_schedule(&row, "64 0\n300 i \n0 i ");
}

static void others_get_the_frozen_message_and_the_mode_is_the_truth(void **state)
{
    (void)state;
    const struct layer layers[] = {
        TEMPORARY(.show = SHOW_INVISIBLE, .until_ms = 500),
        CLAIM("c", .variant = VARIANT_FROZEN, .text = "before", .until_ms = 400),
        CLAIM("c", .variant = VARIANT_UNSEEN, .text = "after", .show = SHOW_AWAY, .until_ms = 600),
        CLAIM("d", .variant = VARIANT_SILENCED, .until_ms = 450),
    };
    struct status_row row = ROW(layers);
    assert_schedule(&row, "64 0\n400 ia ,\"text\":\"before\",\"until\":400\n500 ia \n"
                          "600 a ,\"text\":\"after\",\"until\":600\n0 - ");
}

static void what_had_ended_when_the_row_was_written_is_left_out(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.text = "x", .until_ms = 100), CLAIM("c", .text = "y", .until_ms = 101)};
    struct status_row row = ROW(layers);
    assert_schedule(&row, "64 0\n101 - ,\"text\":\"y\",\"until\":101\n0 - ");
}

static void each_end_that_has_passed_is_one_revision(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.until_ms = 300), CLAIM("c", .until_ms = 200), CLAIM("d", .until_ms = 300),
                                   CLAIM("e", .variant = VARIANT_SILENCED, .until_ms = 250), BASE(.show = SHOW_AWAY)};
    struct status_row row = ROW(layers);
    static const struct {
        int64_t at_ms, rev;
    } rows[] = {{50, 64}, {100, 64}, {199, 64}, {200, 65}, {299, 65}, {300, 66}, {9999, 66}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(layers_revision(&row, rows[i].at_ms), rows[i].rev);
}

/* Made in a shell: the database takes 100 code points of any kind. */
static void a_message_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    char text[NOTE_MAX + 1];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const struct layer layers[] = {BASE(.text = text, .dnd = SAID_TRUE)};
    struct status_row row = ROW(layers);
    assert_schedule(&row, "64 0\n0 - ,\"dnd\":true");
    size_t room = NOTE_MAX - strlen(",\"dnd\":true,\"text\":\"\"");
    text[room + 1] = '\0';
    assert_schedule(&row, "64 0\n0 - ,\"dnd\":true");
    text[room] = '\0';
    struct buf schedule;
    buf_init(&schedule);
    layers_schedule(&row, &schedule);
    assert_int_equal(schedule.len, strlen("64 0\n0 - ") + NOTE_MAX);
    buf_fini(&schedule);
}

static void the_longest_message_that_the_api_takes_fits(void **state)
{
    (void)state;
    char text[101] = "";
    char emoji[65] = "";
    memset(text, '"', 100);
    memset(emoji, '\\', 64);
    const struct layer layers[] = {TEMPORARY(.text = text, .emoji = emoji, .dnd = SAID_TRUE, .until_ms = INT64_MAX)};
    struct status_row row = ROW(layers);
    struct buf schedule;
    row.last_seen = SEEN_HIDDEN;
    buf_init(&schedule);
    layers_schedule(&row, &schedule);
    assert_non_null(strstr(buf_text(&schedule), "\"until\":9223372036854775807"));
    buf_fini(&schedule);
}

static void who_is_not_to_be_disturbed_is_not_until_no_layer_says_so(void **state)
{
    (void)state;
    const struct layer two[] = {TEMPORARY(.dnd = SAID_TRUE), CLAIM("call", .dnd = SAID_TRUE, .until_ms = 2000)};
    struct status_row row = ROW(two);
    assert_int_equal(layers_undisturbed(&row, 500), 2000);
    assert_int_equal(layers_undisturbed(&row, 2500), 2500);
    const struct layer base[] = {BASE(.dnd = SAID_TRUE), CLAIM("call", .text = "in a call")};
    row = ROW(base);
    assert_int_equal(layers_undisturbed(&row, 500), 0);
    const struct layer no[] = {TEMPORARY(.dnd = SAID_FALSE), CLAIM("call", .dnd = SAID_TRUE, .until_ms = 2000)};
    row = ROW(no);
    assert_int_equal(layers_undisturbed(&row, 500), 500);
    assert_int_equal(layers_undisturbed(&row, 1500), 2000);
}

static void a_claim_that_nobody_else_sees_counts_for_its_user(void **state)
{
    (void)state;
    const struct layer hidden[] = {BASE(.show = SHOW_INVISIBLE),
                                   CLAIM("call", .dnd = SAID_TRUE, .variant = VARIANT_UNSEEN, .until_ms = 2000)};
    struct status_row row = ROW(hidden);
    assert_int_equal(layers_undisturbed(&row, 500), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_one_segment_without_an_end),
        cmocka_unit_test(the_mode_has_a_letter_for_each_thing),
        cmocka_unit_test(the_note_has_what_is_set_in_a_fixed_order),
        cmocka_unit_test(a_message_without_an_end_has_no_until),
        cmocka_unit_test(ends_in_the_same_millisecond_are_one_segment),
        cmocka_unit_test(an_end_that_changes_nothing_for_others_is_a_segment_for_the_user),
        cmocka_unit_test(others_get_the_frozen_message_and_the_mode_is_the_truth),
        cmocka_unit_test(what_had_ended_when_the_row_was_written_is_left_out),
        cmocka_unit_test(each_end_that_has_passed_is_one_revision),
        cmocka_unit_test(a_message_that_does_not_fit_is_left_out),
        cmocka_unit_test(the_longest_message_that_the_api_takes_fits),
        cmocka_unit_test(who_is_not_to_be_disturbed_is_not_until_no_layer_says_so),
        cmocka_unit_test(a_claim_that_nobody_else_sees_counts_for_its_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
