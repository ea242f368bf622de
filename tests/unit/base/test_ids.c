/* SPDX-License-Identifier: ISC */
/* base/ids.h: the rules for ids and names, and the partition of a workspace. */
#include "base/ids.h"
#include "repeat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool workspace(const char *id)
{
    return ids_workspace_ok(id, strlen(id));
}

static bool user(const char *id)
{
    return ids_user_ok(id, strlen(id));
}

static bool session(const char *name)
{
    return ids_session_ok(name, strlen(name));
}

static bool name(const char *text)
{
    return ids_name_ok(text, strlen(text), 256);
}

static void workspaces_are_letters_digits_and_three_signs(void **state)
{
    (void)state;
    assert_true(workspace("a"));
    assert_true(workspace("0"));
    assert_true(workspace("Team-1_x.y"));
    assert_false(workspace(""));
    assert_false(workspace("a b"));
    assert_false(workspace("a/b"));
    assert_false(workspace("a{b"));
    assert_false(workspace("\xc3\xa9"));
}

static void workspaces_begin_with_a_letter_or_digit(void **state)
{
    (void)state;
    assert_false(workspace("."));
    assert_false(workspace(".."));
    assert_false(workspace("-a"));
    assert_false(workspace("_a"));
}

static void workspaces_have_at_most_64_bytes(void **state)
{
    char id[66];
    (void)state;
    assert_true(workspace(repeat("a", 64, id)));
    assert_false(workspace(repeat("a", 65, id)));
}

static void users_may_have_spaces_signs_and_any_script(void **state)
{
    (void)state;
    assert_true(user("a b"));
    assert_true(user("100%25"));
    assert_true(user("a/b"));
    assert_true(user("\xc3\xa9"));
    assert_true(user("\xf0\x9f\x98\x80"));
    assert_true(user("u@example.org"));
}

static void users_have_1_to_128_bytes(void **state)
{
    char id[130];
    (void)state;
    assert_false(user(""));
    assert_true(user(repeat("u", 128, id)));
    assert_false(user(repeat("u", 129, id)));
    assert_true(user(repeat("\xc3\xa9", 64, id)));
}

static void users_have_no_control_characters(void **state)
{
    (void)state;
    assert_false(user("a\nb"));
    assert_false(user("\1"));
    assert_false(user("a\x7f"));
    assert_false(user("a\xc2\x80"));
    assert_false(user("a\xc2\x9f"));
    assert_true(user("a\xc2\xa0"));
    assert_false(ids_user_ok("a\0b", 3));
}

static void users_are_valid_utf8(void **state)
{
    (void)state;
    assert_false(user("\xc3("));
    assert_false(user("\xed\xa0\x80"));
    assert_false(user("\xc0\xaf"));
    assert_false(user("a\xc3"));
}

static void sessions_are_8_to_64_of_their_characters(void **state)
{
    char text[66];
    (void)state;
    assert_true(session("abcdefgh"));
    assert_true(session("-_-_AZ09"));
    assert_false(session("abcdefg"));
    assert_false(session("abcd fgh"));
    assert_false(session("abcd.fgh"));
    assert_true(session(repeat("s", 64, text)));
    assert_false(session(repeat("s", 65, text)));
}

static void roles_are_1_to_32_of_their_characters(void **state)
{
    (void)state;
    assert_true(ids_role_ok("a", 1));
    assert_true(ids_role_ok("team-lead_2", 11));
    assert_true(ids_role_ok("abcdefghijabcdefghijabcdefghijab", 32));
    assert_false(ids_role_ok("", 0));
    assert_false(ids_role_ok("abcdefghijabcdefghijabcdefghijabc", 33));
    assert_false(ids_role_ok("Boss", 4));
    assert_false(ids_role_ok("a b", 3));
    assert_false(ids_role_ok("a\0b", 3));
}

static void claims_are_named_as_roles_are(void **state)
{
    (void)state;
    assert_true(ids_claim_ok("in-a-call_2", 11));
    assert_true(ids_claim_ok("abcdefghijabcdefghijabcdefghijab", 32));
    assert_false(ids_claim_ok("abcdefghijabcdefghijabcdefghijabc", 33));
    assert_false(ids_claim_ok("", 0));
    assert_false(ids_claim_ok("Call", 4));
    assert_false(ids_claim_ok("a.b", 3));
}

static void names_may_be_in_any_script(void **state)
{
    (void)state;
    assert_true(name("Ann"));
    assert_true(name("Bj\xc3\xb6rk Gu\xc3\xb0mundsd\xc3\xb3ttir"));
    assert_true(name("\xe5\xbc\xa0\xe4\xbc\x9f"));                                 /* Chinese */
    assert_true(name("\xe0\xb8\x81\xe0\xb8\xb5\xe0\xb9\x88"));                     /* Thai, two marks */
    assert_true(name("\xd7\xa9\xd6\xb8\xd7\x81\xd7\x9c\xd7\x95\xd6\xb9\xd7\x9d")); /* Hebrew, pointed */
    assert_true(name("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac"));             /* emoji with a joiner */
}

static void names_that_show_nothing_are_refused(void **state)
{
    char text[256];
    (void)state;
    assert_false(name(""));
    assert_false(name(" "));
    assert_false(name(repeat("\xe2\x80\x8b", 15, text))); /* zero-width spaces */
    assert_false(name("\xe2\x80\xae"));                   /* right-to-left override */
    assert_false(name("\xc2\xa0\xe3\x80\x80"));           /* no-break and ideographic spaces */
    assert_false(name("\xe3\x85\xa4"));                   /* Hangul filler */
    assert_false(name("\xe2\xa0\x80"));                   /* blank Braille pattern */
    assert_false(name("\xcc\x81"));                       /* a mark on nothing */
    assert_false(name("\xf3\xa0\x81\xa1"));               /* a tag character */
}

static void names_with_eight_marks_in_a_row_pass_and_nine_do_not(void **state)
{
    char text[64] = "a";
    (void)state;
    repeat("\xcc\x81", 8, text + 1);
    assert_true(name(text));
    repeat("\xcc\x81", 9, text + 1);
    assert_false(name(text));
    repeat("\xe0\xb9\x87", 9, text + 1); /* Thai marks stack as well */
    assert_false(name(text));
}

static void invisible_characters_do_not_part_marks(void **state)
{
    char text[64] = "a";
    (void)state;
    repeat("\xcc\x81\xe2\x80\x8d", 9, text + 1);
    assert_false(name(text));
    repeat("\xcc\x81"
           "b",
           9, text + 1);
    assert_true(name(text));
}

static void names_have_no_control_characters(void **state)
{
    (void)state;
    assert_false(name("a\nb"));
    assert_false(name("a\tb"));
    assert_false(name("a\xc2\x85"));
    assert_false(ids_name_ok("a\0b", 3, 256));
}

static void names_are_at_most_as_long_as_asked(void **state)
{
    (void)state;
    assert_true(ids_name_ok("abcd", 4, 4));
    assert_false(ids_name_ok("abcde", 5, 4));
    assert_false(name("a\xff"));
}

static void partitions_are_those_of_crc16_xmodem(void **state)
{
    (void)state;
    assert_int_equal(ids_partition("123456789", 9), 0x31c3 % 64); /* the check value of Redis Cluster's specification */
    assert_int_equal(ids_partition("", 0), 0);
    assert_int_equal(ids_partition("foo", 3), 12182 % 64); /* CLUSTER KEYSLOT foo */
    assert_int_equal(ids_partition("bar", 3), 5061 % 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workspaces_are_letters_digits_and_three_signs),
        cmocka_unit_test(workspaces_begin_with_a_letter_or_digit),
        cmocka_unit_test(workspaces_have_at_most_64_bytes),
        cmocka_unit_test(users_may_have_spaces_signs_and_any_script),
        cmocka_unit_test(users_have_1_to_128_bytes),
        cmocka_unit_test(users_have_no_control_characters),
        cmocka_unit_test(users_are_valid_utf8),
        cmocka_unit_test(sessions_are_8_to_64_of_their_characters),
        cmocka_unit_test(roles_are_1_to_32_of_their_characters),
        cmocka_unit_test(claims_are_named_as_roles_are),
        cmocka_unit_test(names_may_be_in_any_script),
        cmocka_unit_test(names_that_show_nothing_are_refused),
        cmocka_unit_test(names_with_eight_marks_in_a_row_pass_and_nine_do_not),
        cmocka_unit_test(invisible_characters_do_not_part_marks),
        cmocka_unit_test(names_have_no_control_characters),
        cmocka_unit_test(names_are_at_most_as_long_as_asked),
        cmocka_unit_test(partitions_are_those_of_crc16_xmodem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
