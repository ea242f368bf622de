/* SPDX-License-Identifier: ISC */
/* Names that a query or a body may have, and what is said of others. */
#include "http/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char list[] = "session status n";

static bool has(const char *name)
{
    return names_has(list, name, strlen(name));
}

static void each_name_of_a_list_is_on_it(void **state)
{
    (void)state;
    assert_true(has("session"));
    assert_true(has("status"));
    assert_true(has("n"));
}

static void nothing_else_is_on_it(void **state)
{
    static const char *const others[] = {"", "sess", "sessions", "s", "session status", " ", "N", "us n"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(has(others[i]));
    assert_false(names_has(list, "n\0", 2));
    assert_false(names_has("", "", 0));
    assert_false(names_has("", "n", 1));
}

static void a_name_with_a_star_may_stand_more_than_once(void **state)
{
    char out[200];

    (void)state;
    assert_true(names_has("limit user* n", "user", 4));
    assert_false(names_has("limit user* n", "user*", 5));
    assert_true(names_has_many("limit user* n", "user", 4));
    assert_false(names_has_many("limit user* n", "limit", 5));
    assert_false(names_has_many("limit user* n", "n", 1));
    assert_false(names_has_many("limit user* n", "x", 1));
    names_refuse(&(struct names_unknown){"limit user*", "query", "colour", 6}, out, sizeof out);
    assert_string_equal(out, "Unknown name \"colour\" in the query. Known names: limit, user.");
}

static void says(const char *name, size_t len, const char *expected)
{
    char out[200];

    names_refuse(&(struct names_unknown){list, "body", name, len}, out, sizeof out);
    assert_string_equal(out, expected);
}

static void a_slip_is_told_what_was_meant(void **state)
{
    (void)state;
    says("sttaus", 6, "Unknown name \"sttaus\" in the body. Did you mean \"status\"?");
    says("sesion", 6, "Unknown name \"sesion\" in the body. Did you mean \"session\"?");
    says("Status", 6, "Unknown name \"Status\" in the body. Did you mean \"status\"?");
}

static void anything_else_is_told_what_there_is(void **state)
{
    (void)state;
    says("x", 1, "Unknown name \"x\" in the body. Known names: session, status, n.");
    says("colour", 6, "Unknown name \"colour\" in the body. Known names: session, status, n.");
}

static void what_cannot_be_shown_is_not(void **state)
{
    char out[200];

    (void)state;
    says("\xc3\x28", 2, "Unknown name in the body. Known names: session, status, n.");
    says("statu\0s", 7, "Unknown name in the body. Known names: session, status, n.");
    says("", 0, "Unknown name in the body. Known names: session, status, n.");
    names_refuse(&(struct names_unknown){"", "query", "usr", 3}, out, sizeof out);
    assert_string_equal(out, "Unknown name \"usr\" in the query, which must be empty here.");
    names_refuse(&(struct names_unknown){list, "body", "sttaus", 6}, out, 20);
    assert_int_equal(strlen(out), 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_of_a_list_is_on_it),  cmocka_unit_test(nothing_else_is_on_it),
        cmocka_unit_test(a_slip_is_told_what_was_meant), cmocka_unit_test(anything_else_is_told_what_there_is),
        cmocka_unit_test(what_cannot_be_shown_is_not),   cmocka_unit_test(a_name_with_a_star_may_stand_more_than_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
