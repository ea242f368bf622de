/* SPDX-License-Identifier: ISC */
/* The credential of an Authorization header. */
#include "auth/bearer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_reads(const char *authorization, const char *expected)
{
    struct bearer bearer;
    assert_true(bearer_read(&bearer, authorization));
    assert_int_equal(bearer.len, strlen(expected));
    assert_memory_equal(bearer.text, expected, bearer.len);
}

static void the_text_after_the_word_is_the_credential(void **state)
{
    (void)state;
    assert_reads("Bearer rc_abc", "rc_abc");
    assert_reads("bEARER x", "x");
}

static void blanks_around_it_do_not_belong_to_it(void **state)
{
    (void)state;
    assert_reads("Bearer \t a b \t ", "a b");
}

static void it_may_be_empty(void **state)
{
    (void)state;
    assert_reads("Bearer", "");
    assert_reads("Bearer \t ", "");
}

static void other_schemes_have_none(void **state)
{
    static const char *const headers[] = {"", "Basic abc", "Bearers abc", "Bear", " Bearer abc"};
    struct bearer bearer;
    (void)state;
    assert_false(bearer_read(&bearer, NULL));
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        assert_false(bearer_read(&bearer, headers[i]));
        assert_null(bearer.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_after_the_word_is_the_credential),
        cmocka_unit_test(blanks_around_it_do_not_belong_to_it),
        cmocka_unit_test(it_may_be_empty),
        cmocka_unit_test(other_schemes_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
