/* SPDX-License-Identifier: ISC */
/* What is said of a person beside their status: which part of it others may read. */
#include "view/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_shown(const char *text, const char *shown)
{
    struct note note;
    note_read(text, strlen(text), &note);
    assert_int_equal(note.shown_len, strlen(shown));
    assert_memory_equal(note.shown, shown, note.shown_len);
}

static void all_but_the_setting_is_shown(void **state)
{
    (void)state;
    expect_shown(",\"dnd\":true,\"text\":\"at \\\"lunch\\\"\"", ",\"dnd\":true,\"text\":\"at \\\"lunch\\\"\"");
    expect_shown(",\"seen\":\"day\",\"emoji\":\"x\",\"until\":7", ",\"emoji\":\"x\",\"until\":7");
    expect_shown(",\"text\":\",\\\"seen\\\":\\\"day\\\"\"", ",\"text\":\",\\\"seen\\\":\\\"day\\\"\"");
}

static void a_setting_alone_shows_nothing(void **state)
{
    (void)state;
    expect_shown(",\"seen\":\"hidden\"", "");
    expect_shown("", "");
}

static void a_text_that_is_no_note_shows_nothing(void **state)
{
    (void)state;
    expect_shown("\"dnd\":true", "");
    expect_shown("x", "");
    expect_shown(",\"seen\":\"day", "");
}

static void a_note_that_is_too_long_shows_nothing(void **state)
{
    static char text[NOTE_MAX + 2];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    memcpy(text, ",\"text\":\"", 9);
    struct note note;
    note_read(text, NOTE_MAX, &note);
    assert_int_equal(note.shown_len, NOTE_MAX);
    note_read(text, NOTE_MAX + 1, &note);
    assert_int_equal(note.shown_len, 0);
}

static void a_note_is_what_it_has_to_be_to_the_last_byte(void **state)
{
    static const char *const good[] = {
        ",\"seen\":\"hour\"",
        ",\"seen\":\"hidden\",\"dnd\":true,\"text\":\"a\",\"emoji\":\":x:\",\"until\":1900000000000",
        ",\"text\":\"\"",
        ",\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9 \xc3\xa9\"",
        ",\"until\":0",
    };
    static const char *const wrong[] = {
        "",
        ",",
        "x",
        "\"dnd\":true",
        ",\"dnd\":false",
        ",\"dnd\":true,",
        ",\"dnd\":true}",
        ",\"dnd\":true,\"dnd\":true",
        ",\"dnd\":true,\"seen\":\"day\"",
        ",\"seen\":\"week\"",
        ",\"typing\":false",
        ",\"text\":\"a",
        ",\"text\":a",
        ",\"text\":\"\\x\"",
        ",\"text\":\"\\u12\"",
        ",\"text\":\"\\",
        ",\"text\":\"\n\"",
        ",\"text\":\"\xff\"",
        ",\"until\":",
        ",\"until\":-1",
        ",\"until\":01",
        ",\"until\":12345678901234567",
        ",\"more\":1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!note_ok(good[i], strlen(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (note_ok(wrong[i], strlen(wrong[i])))
            fail_msg("%s", wrong[i]);
    assert_false(note_ok(",\"text\":\"\0\"", 11));
    assert_false(note_ok(",\"text\":\"\\\0\"", 12));
}

static void expect_seen(const char *text, enum last_seen seen)
{
    struct note note;
    note_read(text, strlen(text), &note);
    assert_int_equal(note.seen, seen);
}

static void the_setting_is_read(void **state)
{
    (void)state;
    expect_seen(",\"seen\":\"hour\"", SEEN_HOUR);
    expect_seen(",\"seen\":\"day\",\"dnd\":true", SEEN_DAY);
    expect_seen(",\"seen\":\"hidden\"", SEEN_HIDDEN);
    expect_seen(",\"dnd\":true", SEEN_EXACT);
    expect_seen(",\"text\":\",\\\"seen\\\":\\\"day\\\"\"", SEEN_EXACT);
    expect_seen("", SEEN_EXACT);
}

static void a_setting_that_is_not_known_is_the_strictest(void **state)
{
    (void)state;
    expect_seen(",\"seen\":\"week\"", SEEN_HIDDEN);
    expect_seen(",\"seen\":\"a year or more\"", SEEN_HIDDEN);
    expect_seen(",\"seen\":\"day", SEEN_HIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_the_setting_is_shown),
        cmocka_unit_test(a_setting_alone_shows_nothing),
        cmocka_unit_test(a_text_that_is_no_note_shows_nothing),
        cmocka_unit_test(a_note_is_what_it_has_to_be_to_the_last_byte),
        cmocka_unit_test(a_note_that_is_too_long_shows_nothing),
        cmocka_unit_test(the_setting_is_read),
        cmocka_unit_test(a_setting_that_is_not_known_is_the_strictest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
