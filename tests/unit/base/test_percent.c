/* SPDX-License-Identifier: ISC */
/* Percent-encoding undone, once and strictly; and as Apache does it. */
#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void decodes(const char *text, bool plus, const char *expected)
{
    char out[64];

    assert_int_equal(percent_decode(text, strlen(text), plus, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void refuses(const char *text)
{
    char out[64];

    assert_int_equal(percent_decode(text, strlen(text), false, out), -1);
}

static void leaves_slashes(const char *text, const char *expected)
{
    char out[64];

    assert_int_equal(percent_decode_but_slashes(text, strlen(text), out), strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));
}

static void escapes_are_decoded_once(void **state)
{
    (void)state;
    decodes("", false, "");
    decodes("a%20b%c3%A4", false, "a b\xc3\xa4");
    decodes("%2541", false, "%41");
    decodes("a%2Fb", false, "a/b");
}

static void a_plus_is_a_space_in_forms_alone(void **state)
{
    (void)state;
    decodes("a+b%2B", false, "a+b+");
    decodes("a+b%2B", true, "a b+");
}

static void a_nul_is_a_byte(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(percent_decode("a%00b", 5, false, out), 3);
    assert_memory_equal(out, "a\0b", 4);
}

static void a_bad_escape_is_refused(void **state)
{
    (void)state;
    refuses("%");
    refuses("a%2");
    refuses("%g0");
    refuses("%0g");
    refuses("%%20");
}

static void it_can_be_done_in_place(void **state)
{
    char text[] = "%61%62c";

    (void)state;
    assert_int_equal(percent_decode(text, strlen(text), false, text), 3);
    assert_string_equal(text, "abc");
}

static void apache_leaves_slashes_and_bad_escapes(void **state)
{
    (void)state;
    leaves_slashes("a%20b%2Fc%2f", "a b%2Fc%2f");
    leaves_slashes("%zz%", "%zz%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded_once), cmocka_unit_test(a_plus_is_a_space_in_forms_alone),
        cmocka_unit_test(a_nul_is_a_byte),          cmocka_unit_test(a_bad_escape_is_refused),
        cmocka_unit_test(it_can_be_done_in_place),  cmocka_unit_test(apache_leaves_slashes_and_bad_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
