/* SPDX-License-Identifier: ISC */
/* What comes over a channel is taken if it is a message of ours, and otherwise recognized. */
#include "presence/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define META "0123456789abcdef"

static bool is_change(const char *text)
{
    char meta_epoch[EPOCH_LEN + 1];
    struct change change;

    return message_change(text, meta_epoch, &change);
}

static void a_change_of_a_user_is_read(void **state)
{
    char meta_epoch[EPOCH_LEN + 1];
    struct change change;

    (void)state;
    assert_true(message_change(META " 12 away 1700000000000 beat Ann B", meta_epoch, &change));
    assert_string_equal(meta_epoch, META);
    assert_int_equal(change.seq, 12);
    assert_int_equal(change.status, STATUS_AWAY);
    assert_int_equal(change.since_ms, INT64_C(1700000000000));
    assert_int_equal(change.why, WHY_BEAT);
    assert_int_equal(change.key_len, 5);
    assert_memory_equal(change.key, "Ann B", 5);
}

static void what_else_is_said_of_a_user_comes_behind_the_key(void **state)
{
    static const char note[] = ",\"dnd\":true,\"text\":\"at lunch\"";
    char text[200], meta_epoch[EPOCH_LEN + 1];
    struct change change;

    (void)state;
    snprintf(text, sizeof text, "%s 12 away 1700000000000 beat Ann B\n%s", META, note);
    assert_true(message_change(text, meta_epoch, &change));
    assert_int_equal(change.key_len, 5);
    assert_memory_equal(change.key, "Ann B", 5);
    assert_string_equal(change.note, note);
    assert_int_equal(change.note_len, strlen(note));
    assert_false(is_change(META " 12 away 1700000000000 beat ann\n"));
    assert_false(is_change(META " 12 away 1700000000000 beat ann\nx"));
    assert_false(is_change(META " 12 away 1700000000000 beat ann\n,\"dnd\":true\n"));
    assert_false(is_change(META " 12 away 1700000000000 beat \n,\"dnd\":true"));
}

static void what_a_user_says_by_hand_is_told_with_its_rev(void **state)
{
    static const char *const wrong[] = {"", "acme", "acme 5", "acme x ann", "acme -5 ann", "acme 9007199254740993 ann"};
    struct own_message it;
    char text[300];

    (void)state;
    assert_true(message_own("acme 1700000032 Ann B", &it));
    assert_string_equal(it.workspace, "acme");
    assert_string_equal(it.user, "Ann B");
    assert_int_equal(it.rev, 1700000032);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(message_own(wrong[i], &it));
    snprintf(text, sizeof text, "%065d 5 ann", 0);
    assert_false(message_own(text, &it));
    snprintf(text, sizeof text, "acme 5 %0129d", 0);
    assert_false(message_own(text, &it));
}

static void a_mark_is_read_without_status_and_reason(void **state)
{
    char meta_epoch[EPOCH_LEN + 1];
    struct change change;

    (void)state;
    assert_true(message_change(META " 12 - 1700000000000 - \1bob", meta_epoch, &change));
    assert_int_equal(change.key_len, 4);
    assert_true(message_change(META " 13 - 1700000000000 - \1", meta_epoch, &change));
    assert_int_equal(change.key_len, 1);
}

static void a_text_that_is_not_a_change_is_recognized(void **state)
{
    (void)state;
    assert_false(is_change(""));
    assert_false(is_change("hello"));
    assert_false(is_change(META));
    assert_false(is_change(META " 12 away 1700000000000 beat"));
    assert_false(is_change(META " 12 away 1700000000000 beat "));
    assert_false(is_change(META "0 12 away 1700000000000 beat ann"));
    assert_false(is_change(META " x away 1700000000000 beat ann"));
    assert_false(is_change(META " -1 away 1700000000000 beat ann"));
    assert_false(is_change(META " 12 away 9007199254740993 beat ann"));
    assert_false(is_change(META " 12 asleep 1700000000000 beat ann"));
    assert_false(is_change(META " 12 away 1700000000000 why ann"));
    assert_false(is_change(META " 12 away 1700000000000 beat a\tb"));
}

static void what_happened_to_a_session_is_read(void **state)
{
    struct session_message out;

    (void)state;
    assert_true(message_session("left 17 acme tab-12345 ann", &out));
    assert_int_equal(out.what, SESSION_LEFT);
    assert_int_equal(out.beat, 17);
    assert_true(message_session("lapsed 18 acme tab-12345 ann", &out));
    assert_int_equal(out.what, SESSION_LAPSED);
    assert_string_equal(out.session, "tab-12345");
    assert_true(message_session("1700000000000000 acme tab-12345 Ann B", &out));
    assert_int_equal(out.what, SESSION_SUPERSEDED);
    assert_int_equal(out.beat, INT64_C(1700000000000000));
    assert_string_equal(out.workspace, "acme");
    assert_string_equal(out.session, "tab-12345");
    assert_string_equal(out.user, "Ann B");
}

static void a_text_that_names_no_session_is_recognized(void **state)
{
    struct session_message out;
    char long_name[200];

    (void)state;
    memset(long_name, 'w', sizeof long_name);
    memcpy(long_name, "17 ", 3);
    strcpy(long_name + 100, " tab-12345 ann");
    assert_false(message_session("", &out));
    assert_false(message_session("left", &out));
    assert_false(message_session("left ", &out));
    assert_false(message_session("left acme tab-12345 ann", &out));
    assert_false(message_session("left left 17 acme tab-12345 ann", &out));
    assert_false(message_session("17 acme tab-12345", &out));
    assert_false(message_session("x acme tab-12345 ann", &out));
    assert_false(message_session(long_name, &out));
}

static void what_happened_at_a_place_is_read(void **state)
{
    struct place_message out;

    (void)state;
    assert_true(message_place("+ tab-12345 typing dm:7\nann", &out));
    assert_true(out.begins);
    assert_string_equal(out.session, "tab-12345");
    assert_string_equal(out.doing, "typing");
    assert_string_equal(out.place, "dm:7");
    assert_string_equal(out.user, "ann");
    assert_true(message_place("- tab-12345 in-a-call /wiki/Home page 2\nAnn B", &out));
    assert_false(out.begins);
    assert_string_equal(out.place, "/wiki/Home page 2");
    assert_string_equal(out.user, "Ann B");
    assert_false(out.for_good);
    assert_true(message_place("! tab-12345 typing dm:7\nann", &out));
    assert_true(out.for_good && !out.begins);
}

static void what_a_later_release_adds_to_it_is_passed_over(void **state)
{
    static const char *const later[] = {"+ tab-12345 typing dm:7\nann\n{\"since\":5}\nmore",
                                        "moved tab-12345 typing dm:7\nann"};
    struct place_message out;

    (void)state;
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        assert_true(message_place(later[i], &out));
        assert_int_equal(out.begins, i == 0);
        assert_false(out.for_good);
        assert_string_equal(out.place, "dm:7");
        assert_string_equal(out.user, "ann");
    }
}

static void a_text_that_names_no_thing_at_a_place_is_recognized(void **state)
{
    static const char *const others[] = {
        "",
        "dm:7",
        "+ tab-12345 typing dm:7",
        "+ tab-12345 typing dm:7\n",
        "+ tab-12345 typing \nann",
        " tab-12345 typing dm:7\nann",
        "+ tab typing dm:7\nann",
        "+ tab-12345 Typing dm:7\nann",
        "+ tab-12345 typing dm:7\nan\tn",
    };
    struct place_message out;
    char place[200];

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(message_place(others[i], &out));
    memset(place, 'p', sizeof place);
    memcpy(place, "+ tab-12345 typing ", 19);
    strcpy(place + 19 + LIMIT_PLACE_BYTES + 1, "\nann");
    assert_false(message_place(place, &out));
    strcpy(place + 19 + LIMIT_PLACE_BYTES, "\nann");
    assert_true(message_place(place, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_a_user_is_read),
        cmocka_unit_test(what_else_is_said_of_a_user_comes_behind_the_key),
        cmocka_unit_test(what_a_user_says_by_hand_is_told_with_its_rev),
        cmocka_unit_test(a_mark_is_read_without_status_and_reason),
        cmocka_unit_test(a_text_that_is_not_a_change_is_recognized),
        cmocka_unit_test(what_happened_to_a_session_is_read),
        cmocka_unit_test(a_text_that_names_no_session_is_recognized),
        cmocka_unit_test(what_happened_at_a_place_is_read),
        cmocka_unit_test(what_a_later_release_adds_to_it_is_passed_over),
        cmocka_unit_test(a_text_that_names_no_thing_at_a_place_is_recognized),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
