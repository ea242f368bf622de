/* SPDX-License-Identifier: ISC */
/* The scopes of programs' tokens, and their names. */
#include "directory/scopes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_are_read_and_written_in_one_order(void **state)
{
    (void)state;
    unsigned scopes;
    char text[SCOPES_TEXT_MAX];
    assert_true(scopes_parse("notify read", &scopes));
    assert_int_equal(scopes, SCOPE_READ | SCOPE_NOTIFY);
    scopes_format(scopes, text);
    assert_string_equal(text, "read notify");
}

static void all_names_fit(void **state)
{
    (void)state;
    unsigned scopes;
    char text[SCOPES_TEXT_MAX];
    scopes_format(SCOPES_ALL, text);
    assert_string_equal(text, "read claims notify members");
    assert_true(scopes_parse(text, &scopes));
    assert_int_equal(scopes | SCOPE_ADMIN, SCOPES_ALL);
}

static void what_is_not_known_gives_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      "admin", "read admin", "READ",       "read  notify",
                                        "read ", " read", "rea",        "read,notify"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        unsigned scopes = SCOPES_ALL;
        assert_false(scopes_parse(texts[i], &scopes));
        assert_int_equal(scopes, 0);
    }
}

static void one_is_added_to_others(void **state)
{
    (void)state;
    unsigned scopes = 0;
    assert_true(scopes_add("claims", &scopes));
    assert_true(scopes_add("members", &scopes));
    assert_false(scopes_add("admin", &scopes));
    assert_false(scopes_add("", &scopes));
    assert_int_equal(scopes, SCOPE_CLAIMS | SCOPE_MEMBERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_and_written_in_one_order),
        cmocka_unit_test(all_names_fit),
        cmocka_unit_test(what_is_not_known_gives_nothing),
        cmocka_unit_test(one_is_added_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
