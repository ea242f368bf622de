/* SPDX-License-Identifier: ISC */
/* http/etag.h: whether a client has an answer already. */
#include "http/etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_list_of_tags_has_the_tag_or_not(void **state)
{
    (void)state;
    assert_true(etag_matches("\"m5\"", "\"m5\""));
    assert_true(etag_matches("\"m4\", \"m5\"", "\"m5\""));
    assert_true(etag_matches("W/\"m5\"", "\"m5\""));
    assert_false(etag_matches("\"m55\"", "\"m5\""));
    assert_false(etag_matches("m5", "\"m5\""));
    assert_false(etag_matches("", "\"m5\""));
}

static void a_star_has_every_tag_and_no_header_has_none(void **state)
{
    (void)state;
    assert_true(etag_matches("*", "\"m5\""));
    assert_false(etag_matches(NULL, "\"m5\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_tags_has_the_tag_or_not),
        cmocka_unit_test(a_star_has_every_tag_and_no_header_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
