/* SPDX-License-Identifier: ISC */
/* Bodies that are JSON, nearly JSON, and hostile. */
#include "http/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char error[200];

static struct json *parse(const char *text)
{
    error[0] = '\0';
    return json_parse(text, strlen(text), error, sizeof error);
}

static void refused(const char *text)
{
    assert_null(parse(text));
    assert_true(strlen(error) > 0);
}

/* Reads s, n and z of JSON, which are "x", 7 and absent or null, as what they are and as what they are not. */
static void check_members(const struct json *json)
{
    const char *text;
    const char **texts;
    size_t count;
    int64_t number;
    bool flag;

    assert_int_equal(json_text(json, "s", &text, &count), JSON_GOT);
    assert_string_equal(text, "x");
    assert_int_equal(count, 1);
    assert_int_equal(json_int(json, "n", &number), JSON_GOT);
    assert_int_equal(number, 7);
    assert_int_equal(json_text(json, "n", &text, &count), JSON_WRONG_TYPE);
    assert_int_equal(json_int(json, "s", &number), JSON_WRONG_TYPE);
    assert_int_equal(json_bool(json, "n", &flag), JSON_WRONG_TYPE);
    assert_int_equal(json_texts(json, "s", &texts, &count), JSON_WRONG_TYPE);
    assert_int_equal(json_text(json, "z", &text, &count), JSON_ABSENT);
    assert_int_equal(json_int(json, "z", &number), JSON_ABSENT);
    assert_int_equal(json_bool(json, "z", &flag), JSON_ABSENT);
    assert_int_equal(json_texts(json, "z", &texts, &count), JSON_ABSENT);
}

static void members_are_read_by_their_types(void **state)
{
    struct json *json = parse("{\"s\":\"x\",\"n\":7,\"b\":true,\"l\":[\"a\",\"b\"],\"z\":null}");
    const char **texts;
    size_t count;
    bool flag;

    (void)state;
    check_members(json);
    assert_int_equal(json_bool(json, "b", &flag), JSON_GOT);
    assert_true(flag);
    assert_int_equal(json_texts(json, "l", &texts, &count), JSON_GOT);
    assert_int_equal(count, 2);
    assert_string_equal(texts[1], "b");
    free(texts);
    json_free(json);
}

static void those_of_a_small_object_too(void **state)
{
    struct json *json = parse("{\"s\":\"x\",\"n\":7}");

    (void)state;
    check_members(json);
    assert_null(json_unknown(json, "s n"));
    assert_string_equal(json_unknown(json, "s"), "n");
    json_free(json);
}

static enum json_got whole(const char *text, int64_t *number)
{
    char body[80];
    snprintf(body, sizeof body, "{\"n\":%s}", text);
    struct json *json = parse(body);
    enum json_got got = json_int(json, "n", number);

    json_free(json);
    return got;
}

static void a_whole_number_is_one_however_it_is_written(void **state)
{
    int64_t number = 0;

    (void)state;
    assert_int_equal(whole("86400.0", &number), JSON_GOT);
    assert_int_equal(number, 86400);
    assert_int_equal(whole("1e1", &number), JSON_GOT);
    assert_int_equal(number, 10);
    assert_int_equal(whole("125E-1", &number), JSON_WRONG_TYPE);
    assert_int_equal(whole("-0.0", &number), JSON_GOT);
    assert_int_equal(number, 0);
    assert_int_equal(whole("9007199254740992.0", &number), JSON_GOT);
    assert_int_equal(number, INT64_C(9007199254740992));
    assert_int_equal(whole("9223372036854775807", &number), JSON_GOT);
    assert_int_equal(number, INT64_MAX);
}

static void a_fraction_and_what_no_double_can_tell_are_no_whole_numbers(void **state)
{
    static const char *const others[] = {"1.5", "1e-1", "9007199254740994.0", "1e16", "1e300", "-1e300"};
    int64_t number;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(whole(others[i], &number), JSON_WRONG_TYPE);
    refused("{\"n\":9223372036854775808}");
    refused("{\"n\":1e400}");
}

static void a_byte_order_mark_is_passed_over_at_the_start_alone(void **state)
{
    struct json *json = parse("\xef\xbb\xbf{\"n\":1}");
    int64_t number;

    (void)state;
    assert_int_equal(json_int(json, "n", &number), JSON_GOT);
    json_free(json);
    json = parse("\xef\xbb\xbf \r\n");
    assert_non_null(json);
    json_free(json);
    refused("{}\xef\xbb\xbf");
    refused("\xef\xbb{}");
}

static void utf16_is_called_by_its_name(void **state)
{
    (void)state;
    assert_null(json_parse("\xff\xfe{\0}\0", 6, error, sizeof error));
    assert_non_null(strstr(error, "UTF-16"));
}

static bool goes_on(const char *text)
{
    return json_goes_on(text, strlen(text));
}

static void a_second_object_behind_the_first_is_seen(void **state)
{
    (void)state;
    assert_true(goes_on("{\"a\":1}{\"a\":2}"));
    assert_true(goes_on(" {\"a\":{\"b\":\"}\"}} \r {"));
    assert_false(goes_on("{\"a\":\"}{\"} \r"));
    assert_false(goes_on("{\"a\":\"\\\"}{\"}"));
    assert_false(goes_on("{\"a\":{}"));
    assert_false(goes_on("{} x"));
    assert_false(goes_on(""));
}

static void what_is_blank_is_white_space_alone(void **state)
{
    (void)state;
    assert_true(json_blank("", 0));
    assert_true(json_blank(" \t\r\n", 4));
    assert_true(json_blank("\xef\xbb\xbf \r", 5));
    assert_false(json_blank("\xef\xbb", 2));
    assert_false(json_blank(" x", 2));
}

static void a_list_with_another_type_in_it_is_wrong(void **state)
{
    struct json *json = parse("{\"l\":[\"a\",1]}");
    const char **texts;
    size_t count;

    (void)state;
    assert_int_equal(json_texts(json, "l", &texts, &count), JSON_WRONG_TYPE);
    json_free(json);
}

static void no_body_is_the_empty_object(void **state)
{
    struct json *json = parse(" \r\n");
    struct json *nothing = json_parse(NULL, 0, error, sizeof error);

    (void)state;
    assert_non_null(json);
    assert_non_null(nothing);
    json_free(json);
    json_free(nothing);
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    refused("[]");
    refused("\"x\"");
    refused("{\"a\":1");
    refused("{\"a\":1} x");
    refused("{'a':1}");
}

static void a_name_that_stands_twice_is_refused(void **state)
{
    (void)state;
    refused("{\"session\":\"abcdefgh\",\"session\":\"hgfedcba\"}");
}

static void a_nul_in_a_string_is_refused(void **state)
{
    (void)state;
    refused("{\"session\":\"abcdefgh\\u0000x\"}");
    refused("{\"a\\u0000b\":1}");
}

static void text_that_is_no_utf8_is_refused(void **state)
{
    (void)state;
    refused("{\"a\":\"\xc3\x28\"}");
    refused("{\"a\":\"\xed\xa0\x80\"}");
    refused("{\"a\":\"\xc0\xaf\"}");
    refused("{\"a\":\"\\ud800\"}");
}

static void deep_nesting_is_refused_before_it_is_read(void **state)
{
    char *deep = malloc(100001);

    (void)state;
    memset(deep, '[', 100000);
    deep[100000] = '\0';
    refused(deep);
    assert_non_null(strstr(error, "deeper"));
    free(deep);
}

static void a_million_values_are_refused_before_they_are_read(void **state)
{
    char *many = malloc(1000000);

    (void)state;
    memset(many, ',', 1000000);
    many[0] = '[';
    many[999999] = '\0';
    refused(many);
    assert_non_null(strstr(error, "values"));
    free(many);
}

static void brackets_inside_strings_are_no_nesting(void **state)
{
    struct json *json = parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"}");

    (void)state;
    assert_non_null(json);
    json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_read_by_their_types),
        cmocka_unit_test(those_of_a_small_object_too),
        cmocka_unit_test(a_whole_number_is_one_however_it_is_written),
        cmocka_unit_test(a_fraction_and_what_no_double_can_tell_are_no_whole_numbers),
        cmocka_unit_test(a_byte_order_mark_is_passed_over_at_the_start_alone),
        cmocka_unit_test(utf16_is_called_by_its_name),
        cmocka_unit_test(a_second_object_behind_the_first_is_seen),
        cmocka_unit_test(what_is_blank_is_white_space_alone),
        cmocka_unit_test(a_list_with_another_type_in_it_is_wrong),
        cmocka_unit_test(no_body_is_the_empty_object),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(a_name_that_stands_twice_is_refused),
        cmocka_unit_test(a_nul_in_a_string_is_refused),
        cmocka_unit_test(text_that_is_no_utf8_is_refused),
        cmocka_unit_test(deep_nesting_is_refused_before_it_is_read),
        cmocka_unit_test(a_million_values_are_refused_before_they_are_read),
        cmocka_unit_test(brackets_inside_strings_are_no_nesting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
