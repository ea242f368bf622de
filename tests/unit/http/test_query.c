/* SPDX-License-Identifier: ISC */
/* Queries as forms and curl write them. */
#include "http/query.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_and_values_are_decoded(void **state)
{
    struct query query;
    size_t len;

    (void)state;
    assert_int_equal(query_init(&query, "user=a%26b&na%6De=x"), QUERY_OK);
    assert_string_equal(query_get(&query, "user", &len), "a&b");
    assert_int_equal(len, 3);
    assert_string_equal(query_get(&query, "name", NULL), "x");
    query_fini(&query);
}

static void a_plus_is_a_space(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(query_init(&query, "user=a+b"), QUERY_OK);
    assert_string_equal(query_get(&query, "user", NULL), "a b");
    query_fini(&query);
}

static void a_name_that_comes_twice_stands_twice(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(query_init(&query, "user=a&user=b&&"), QUERY_OK);
    assert_int_equal(query.count, 2);
    assert_string_equal(query_get(&query, "user", NULL), "b");
    query_fini(&query);
}

static void a_name_without_value_has_an_empty_one(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(query_init(&query, "now"), QUERY_OK);
    assert_string_equal(query_get(&query, "now", NULL), "");
    assert_null(query_get(&query, "then", NULL));
    query_fini(&query);
}

static void no_query_is_an_empty_one(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(query_init(&query, NULL), QUERY_OK);
    assert_int_equal(query.count, 0);
    query_fini(&query);
    assert_int_equal(query_init(&query, ""), QUERY_OK);
    query_fini(&query);
}

static void a_broken_escape_is_refused(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(query_init(&query, "user=%4"), QUERY_BAD_ESCAPE);
    query_fini(&query);
}

static void a_nul_in_a_value_is_seen_by_its_length(void **state)
{
    struct query query;
    size_t len;

    (void)state;
    assert_int_equal(query_init(&query, "user=u0%00x"), QUERY_OK);
    query_get(&query, "user", &len);
    assert_int_equal(len, 4);
    query_fini(&query);
}

static enum query_result result_of(const char *text)
{
    struct query query;
    enum query_result result = query_init(&query, text);

    query_fini(&query);
    return result;
}

static void a_query_has_a_longest_length(void **state)
{
    char *text = calloc(LIMIT_QUERY_BYTES + 2, 1);

    (void)state;
    memset(text, 'x', LIMIT_QUERY_BYTES);
    assert_int_equal(result_of(text), QUERY_OK);
    text[LIMIT_QUERY_BYTES] = 'x';
    assert_int_equal(result_of(text), QUERY_TOO_LONG);
    memset(text, 0, LIMIT_QUERY_BYTES + 1);
    memset(text, '&', LIMIT_QUERY_PAIRS - 1);
    assert_int_equal(result_of(text), QUERY_OK);
    text[LIMIT_QUERY_PAIRS - 1] = '&';
    assert_int_equal(result_of(text), QUERY_TOO_LONG);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values_are_decoded),
        cmocka_unit_test(a_plus_is_a_space),
        cmocka_unit_test(a_name_that_comes_twice_stands_twice),
        cmocka_unit_test(a_name_without_value_has_an_empty_one),
        cmocka_unit_test(no_query_is_an_empty_one),
        cmocka_unit_test(a_broken_escape_is_refused),
        cmocka_unit_test(a_nul_in_a_value_is_seen_by_its_length),
        cmocka_unit_test(a_query_has_a_longest_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
