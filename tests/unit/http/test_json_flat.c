/* SPDX-License-Identifier: ISC */
/* Small objects that are read without a tree, and all that is left to the reader of all JSON. */
#include "http/json_flat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct json_flat flat;

static bool takes(const char *text)
{
    return json_flat_read(&flat, text, strlen(text));
}

static void texts_and_whole_numbers_are_read(void **state)
{
    (void)state;
    assert_true(takes("{\"session\":\"abc-_12\",\"status\":\"\",\"n\":0,\"beat\":999999999999999}"));
    assert_int_equal(flat.count, 4);
    assert_string_equal(json_flat_find(&flat, "session")->text, "abc-_12");
    assert_int_equal(json_flat_find(&flat, "session")->len, 7);
    assert_string_equal(json_flat_find(&flat, "status")->text, "");
    assert_null(json_flat_find(&flat, "n")->text);
    assert_int_equal(json_flat_find(&flat, "n")->number, 0);
    assert_int_equal(json_flat_find(&flat, "beat")->number, 999999999999999);
    assert_null(json_flat_find(&flat, "sess"));
    assert_null(json_flat_find(&flat, "sessions"));
}

static void white_space_may_be_anywhere_between(void **state)
{
    (void)state;
    assert_true(takes(" \t\r\n{ \"a\" :\n\"x y\" , \"b\"\t: 7 }\n"));
    assert_string_equal(json_flat_find(&flat, "a")->text, "x y");
    assert_int_equal(json_flat_find(&flat, "b")->number, 7);
}

static void what_needs_more_than_that_is_not_taken(void **state)
{
    static const char *const others[] = {
        "{}",
        "[]",
        "{\"a\":\"\\u0041\"}",
        "{\"a\\n\":\"\"}",
        "{\"a\":\"\xc3\xa9\"}",
        "{\"a\":\"\x7f\"}",
        "{\"a\":null}",
        "{\"a\":true}",
        "{\"a\":[\"b\"]}",
        "{\"a\":{\"b\":1}}",
        "{\"a\":-1}",
        "{\"a\":1.0}",
        "{\"a\":1e1}",
        "{\"a\":1000000000000000}",
        "\xef\xbb\xbf{\"a\":1}",
        "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(takes(others[i]));
}

static void what_is_not_json_is_not_taken(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":\"",
        "{\"a\":\"b",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" \"b\"}",
        "{\"a\":\"b\"\"c\":1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1 2}",
        "{\"a\":\"b\"}}",
        "{\"a\":1}x",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1;\"b\":2}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(takes(wrong[i]));
    assert_false(json_flat_read(&flat, "{\"a\":\"x\0y\"}", 11));
    assert_false(json_flat_read(&flat, "{\"a\":1}\0", 8));
    assert_false(json_flat_read(&flat, "{\"a\":1}", 6));
}

static void an_object_has_to_fit(void **state)
{
    char text[JSON_FLAT_BYTES + 1];
    int len = JSON_FLAT_BYTES - 1;

    (void)state;
    snprintf(text, sizeof text, "{\"a\":\"%0*d\"}", len - 8, 7);
    assert_int_equal(strlen(text), len);
    assert_true(takes(text));
    assert_int_equal(json_flat_find(&flat, "a")->len, len - 8);
    snprintf(text, sizeof text, "{\"a\":\"%0*d\"}", len - 7, 7);
    assert_false(takes(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_whole_numbers_are_read),
        cmocka_unit_test(white_space_may_be_anywhere_between),
        cmocka_unit_test(what_needs_more_than_that_is_not_taken),
        cmocka_unit_test(what_is_not_json_is_not_taken),
        cmocka_unit_test(an_object_has_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
