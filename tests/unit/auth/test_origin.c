/* SPDX-License-Identifier: ISC */
/* Which pages may send requests. */
#include "auth/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *origins[] = {"https://app.example.com", "http://localhost:3000"};
static const struct conf conf = {.cors_origins = origins, .cors_origin_count = 2};
static size_t which;

static enum origin_result check(const struct conf *of, const char *origin, const char *site, const char *host,
                                bool https)
{
    struct origin_input input = {origin, site, host, https};
    return origin_check(of, &input, &which);
}

static enum origin_result from(const char *origin, const char *site)
{
    which = 99;
    return check(&conf, origin, site, "rollcall.example.com", true);
}

static void programs_without_an_origin_are_no_page(void **state)
{
    (void)state;
    assert_int_equal(from(NULL, NULL), ORIGIN_SAME);
    assert_int_equal(from("", NULL), ORIGIN_SAME);
    assert_int_equal(from(NULL, "none"), ORIGIN_SAME);
    assert_int_equal(from(NULL, "same-origin"), ORIGIN_SAME);
}

static void other_sites_and_siblings_are_foreign_without_an_origin_too(void **state)
{
    (void)state;
    assert_int_equal(from(NULL, "cross-site"), ORIGIN_FOREIGN);
    assert_int_equal(from(NULL, "same-site"), ORIGIN_FOREIGN);
    assert_int_equal(from("", "same-site"), ORIGIN_FOREIGN);
    assert_int_equal(from(NULL, "same-origin, cross-site"), ORIGIN_FOREIGN);
    assert_int_equal(from(NULL, "Same-Origin"), ORIGIN_FOREIGN);
    assert_int_equal(from(NULL, ""), ORIGIN_SAME);
}

static void the_requests_own_origin_is_the_same(void **state)
{
    (void)state;
    assert_int_equal(from("https://rollcall.example.com", NULL), ORIGIN_SAME);
    assert_int_equal(from("https://rollcall.example.com:443", NULL), ORIGIN_SAME);
    assert_int_equal(from("https://Rollcall.Example.com", "same-origin"), ORIGIN_SAME);
}

static void the_listed_are_allowed_and_told_apart(void **state)
{
    (void)state;
    assert_int_equal(from("https://app.example.com", "same-site"), ORIGIN_ALLOWED);
    assert_int_equal(which, 0);
    assert_int_equal(from("http://localhost:3000", "cross-site"), ORIGIN_ALLOWED);
    assert_int_equal(which, 1);
}

static void what_only_resembles_is_foreign(void **state)
{
    (void)state;
    const char *const others[] = {
        "https://app.example.com.evil.org",
        "https://evil-app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com/",
        "https://APP.example.com",
        "http://rollcall.example.com",
        "https://rollcall.example.com.evil.org",
        "https://rollcall.example.com:444",
        "https://rollcall.example.co",
        "https://xrollcall.example.com",
        "https://rollcall.example.com@evil.org",
        "https://",
        "rollcall.example.com",
        "null",
        "NULL",
        "*",
        "https://app.example.com https://app.example.com",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(from(others[i], NULL), ORIGIN_FOREIGN);
    assert_int_equal(which, 99);
}

static void ports_that_the_scheme_implies_count_for_nothing(void **state)
{
    (void)state;
    assert_int_equal(check(&conf, "http://here", NULL, "here:80", false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "https://here", NULL, "here:443", true), ORIGIN_SAME);
    assert_int_equal(check(&conf, "http://here:8080", NULL, "here:8080", false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "http://[::1]:8080", NULL, "[::1]:8080", false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "http://[::1]", NULL, "[::1]", false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "http://here:443", NULL, "here", false), ORIGIN_FOREIGN);
    assert_int_equal(check(&conf, "http://here", NULL, "here:8080", false), ORIGIN_FOREIGN);
}

static void what_a_browser_vouches_for_is_believed_before_addresses(void **state)
{
    (void)state;
    assert_int_equal(check(&conf, "https://here", NULL, "here", false), ORIGIN_FOREIGN);
    assert_int_equal(check(&conf, "https://here", "same-origin", "here", false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "https://there", "same-origin", "here", false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "https://there", "same-origin", NULL, false), ORIGIN_SAME);
    assert_int_equal(check(&conf, "https://here", "same-site", "here", true), ORIGIN_FOREIGN);
    assert_int_equal(check(&conf, "https://here", "cross-site", "here", true), ORIGIN_FOREIGN);
    /* A beacon of a page with "Referrer-Policy: no-referrer". */
    assert_int_equal(from("null", "same-origin"), ORIGIN_SAME);
    assert_int_equal(from("null", NULL), ORIGIN_FOREIGN);
}

static void without_a_host_no_origin_is_the_same(void **state)
{
    (void)state;
    assert_int_equal(check(&conf, "https://here", NULL, NULL, true), ORIGIN_FOREIGN);
    assert_int_equal(check(&conf, "https://", NULL, "", true), ORIGIN_FOREIGN);
    assert_int_equal(check(&conf, NULL, NULL, NULL, true), ORIGIN_SAME);
}

static void null_is_never_allowed(void **state)
{
    (void)state;
    char *listed[] = {"null"};
    const struct conf lax = {.cors_origins = listed, .cors_origin_count = 1};
    assert_int_equal(check(&lax, "null", NULL, "here", true), ORIGIN_FOREIGN);
    assert_int_equal(check(&lax, "null", "cross-site", "here", true), ORIGIN_FOREIGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_without_an_origin_are_no_page),
        cmocka_unit_test(other_sites_and_siblings_are_foreign_without_an_origin_too),
        cmocka_unit_test(the_requests_own_origin_is_the_same),
        cmocka_unit_test(the_listed_are_allowed_and_told_apart),
        cmocka_unit_test(what_only_resembles_is_foreign),
        cmocka_unit_test(ports_that_the_scheme_implies_count_for_nothing),
        cmocka_unit_test(what_a_browser_vouches_for_is_believed_before_addresses),
        cmocka_unit_test(without_a_host_no_origin_is_the_same),
        cmocka_unit_test(null_is_never_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
