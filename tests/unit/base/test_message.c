/* SPDX-License-Identifier: ISC */
/* base/message.h: what may be the text and the emoji of a message. */
#include "base/message.h"
#include "repeat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static bool text(const char *one)
{
    return message_text_ok(one, strlen(one));
}

static bool emoji(const char *one)
{
    return message_emoji_ok(one, strlen(one));
}

static void a_text_has_at_most_100_code_points_of_any_size(void **state)
{
    char out[512];
    (void)state;
    assert_true(text(repeat("x", 100, out)));
    assert_false(text(repeat("x", 101, out)));
    assert_true(text(repeat("\xc3\xa9", 100, out)));
    assert_true(text(repeat("\xf0\x9d\x92\xb3", 100, out)));
    assert_int_equal(strlen(out), MESSAGE_TEXT_BYTES);
    assert_false(text(repeat("\xf0\x9d\x92\xb3", 101, out)));
}

static void a_text_has_no_control_characters(void **state)
{
    (void)state;
    assert_false(text("a\nb"));
    assert_false(text("a\tb"));
    assert_false(text("a\x1b[31mb"));
    assert_false(text("a\x7f"));
    assert_false(text("a\xc2\x85"));
    assert_false(message_text_ok("a\0b", 3));
}

static void a_text_shows_something(void **state)
{
    (void)state;
    assert_true(text("."));
    assert_true(text(" x "));
    assert_true(text("<b>out</b> & about"));
    assert_true(text("\xd9\x85\xd8\xb1\xd9\x8a\xd9\x85"));
    assert_false(text(""));
    assert_false(text("   "));
    assert_false(text("\xe2\x80\x8b\xe2\x80\x8b"));  /* zero width spaces */
    assert_false(text("\xe3\x85\xa4"));              /* the Hangul filler */
    assert_false(text("\xcc\x81\xcc\x81"));          /* accents on nothing */
    assert_false(text("\xe2\x80\xae \xe2\x81\xa6")); /* marks of direction */
}

static void emoji_of_several_code_points_are_taken(void **state)
{
    (void)state;
    assert_true(emoji("\xe2\x9c\x8f\xef\xb8\x8f")); /* a pencil, as emoji */
    assert_true(emoji("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\xe2\x80\x8d"
                      "\xf0\x9f\x91\xa6"));                                         /* a family */
    assert_true(emoji("\xf0\x9f\x8f\xb3\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x8c\x88")); /* the rainbow flag */
    assert_true(emoji("\xf0\x9f\x91\x8b\xf0\x9f\x8f\xbf"));                         /* a dark hand */
    assert_true(emoji("\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5\xf3\xa0\x81\xae"
                      "\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf")); /* England */
    assert_true(emoji("1\xef\xb8\x8f\xe2\x83\xa3"));        /* a keycap */
}

static void shortcodes_are_taken(void **state)
{
    char out[80] = ":";
    (void)state;
    assert_true(emoji(":party-parrot:"));
    assert_true(emoji(":+1:"));
    assert_true(emoji(":a_b9:"));
    repeat("a", 64, out + 1);
    assert_true(emoji(strcat(out, ":")));
    repeat("a", 65, out + 1);
    assert_false(emoji(strcat(out, ":")));
    assert_false(emoji(":Party:"));
    assert_false(emoji(":a b:"));
    assert_false(emoji(":a"));
    assert_false(emoji(":abc:def"));
}

static void letters_spaces_and_nothing_are_not_emoji(void **state)
{
    (void)state;
    assert_false(emoji("ab"));
    assert_false(emoji("Z"));
    assert_false(emoji(""));
    assert_false(emoji("\xf0\x9f\x8f\xa0 \xf0\x9f\x8f\xa0"));
    assert_false(emoji("\xf0\x9f\x8f\xa0\xc2\xa0\xf0\x9f\x8f\xa0"));
    assert_false(emoji("\xf0\x9f\x8f\xa0\n"));
    assert_false(emoji("\xe2\x80\x8d"));
    assert_false(emoji("\xef\xb8\x8f"));
}

static void an_emoji_has_at_most_64_bytes_and_16_code_points(void **state)
{
    char out[80];
    (void)state;
    assert_true(emoji(repeat("\xf0\x9f\x8f\xa0", 16, out)));
    assert_int_equal(strlen(out), MESSAGE_EMOJI_BYTES);
    assert_false(emoji(repeat("\xf0\x9f\x8f\xa0", 17, out)));
    assert_true(emoji(repeat("1", 16, out)));
    assert_false(emoji(repeat("1", 17, out)));
    assert_false(emoji(repeat("1", 70, out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_has_at_most_100_code_points_of_any_size),
        cmocka_unit_test(a_text_has_no_control_characters),
        cmocka_unit_test(a_text_shows_something),
        cmocka_unit_test(emoji_of_several_code_points_are_taken),
        cmocka_unit_test(shortcodes_are_taken),
        cmocka_unit_test(letters_spaces_and_nothing_are_not_emoji),
        cmocka_unit_test(an_emoji_has_at_most_64_bytes_and_16_code_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
