/* SPDX-License-Identifier: ISC */
/* Queries as forms and curl write them. */
#include "http/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_and_values_are_decoded(void **state)
{
    struct query query;
    size_t len;

    (void)state;
    assert_true(query_init(&query, "user=a%26b&na%6De=x"));
    assert_string_equal(query_get(&query, "user", &len), "a&b");
    assert_int_equal(len, 3);
    assert_string_equal(query_get(&query, "name", NULL), "x");
    query_fini(&query);
}

static void a_plus_is_a_space(void **state)
{
    struct query query;

    (void)state;
    assert_true(query_init(&query, "user=a+b"));
    assert_string_equal(query_get(&query, "user", NULL), "a b");
    query_fini(&query);
}

static void a_name_that_comes_twice_stands_twice(void **state)
{
    struct query query;

    (void)state;
    assert_true(query_init(&query, "user=a&user=b&&"));
    assert_int_equal(query.count, 2);
    assert_string_equal(query_get(&query, "user", NULL), "b");
    query_fini(&query);
}

static void a_name_without_value_has_an_empty_one(void **state)
{
    struct query query;

    (void)state;
    assert_true(query_init(&query, "now"));
    assert_string_equal(query_get(&query, "now", NULL), "");
    assert_null(query_get(&query, "then", NULL));
    query_fini(&query);
}

static void no_query_is_an_empty_one(void **state)
{
    struct query query;

    (void)state;
    assert_true(query_init(&query, NULL));
    assert_int_equal(query.count, 0);
    query_fini(&query);
    assert_true(query_init(&query, ""));
    query_fini(&query);
}

static void a_broken_escape_is_refused(void **state)
{
    struct query query;

    (void)state;
    assert_false(query_init(&query, "user=%4"));
    query_fini(&query);
}

static void a_nul_in_a_value_is_seen_by_its_length(void **state)
{
    struct query query;
    size_t len;

    (void)state;
    assert_true(query_init(&query, "user=u0%00x"));
    query_get(&query, "user", &len);
    assert_int_equal(len, 4);
    query_fini(&query);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
