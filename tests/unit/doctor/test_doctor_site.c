/* SPDX-License-Identifier: ISC */
/* URLs that --doctor is given or redirected to. */
#include "doctor/doctor_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct doctor_site site_of(const char *url)
{
    struct doctor_site site;
    char error[256];

    assert_true(doctor_site_init(&site, url, error, sizeof error));
    return site;
}

static void a_url_is_taken_apart(void **state)
{
    struct doctor_site site = site_of("https://www.example.org:8443/chat/presence/?x=1");

    (void)state;
    assert_true(site.tls);
    assert_string_equal(site.host, "www.example.org");
    assert_string_equal(site.header, "www.example.org:8443");
    assert_string_equal(site.prefix, "/chat/presence");
    assert_int_equal(site.port, 8443);
    assert_string_equal(doctor_site_scheme(&site), "https");
    doctor_site_fini(&site);
}

static void the_port_is_that_of_the_scheme(void **state)
{
    struct doctor_site plain = site_of("HTTP://localhost");
    struct doctor_site secure = site_of("https://[::1]/presence");

    (void)state;
    assert_int_equal(plain.port, 80);
    assert_string_equal(plain.prefix, "");
    assert_int_equal(secure.port, 443);
    assert_string_equal(secure.host, "::1");
    doctor_site_fini(&plain);
    doctor_site_fini(&secure);
}

static void what_is_not_a_url_is_refused_with_a_sentence(void **state)
{
    static const char *const all[] = {"",        "localhost",         "ftp://example.org",
                                      "http://", "http://host:port/", "https:///x"};
    struct doctor_site site;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char error[256] = "";
        assert_false(doctor_site_init(&site, all[i], error, sizeof error));
        assert_true(*error);
        doctor_site_fini(&site);
    }
}

static bool is_followed(const char *from, const char *to)
{
    struct doctor_site site = site_of(from);
    struct doctor_site next = site_of(to);
    bool followed = doctor_site_objection(&site, &next) == NULL;

    doctor_site_fini(&site);
    doctor_site_fini(&next);
    return followed;
}

static void a_redirect_is_followed_only_where_a_token_may_go(void **state)
{
    (void)state;
    assert_true(is_followed("http://example.org/presence", "https://Example.org/presence"));
    assert_true(is_followed("http://example.org:8080/a", "http://example.org:8080/b"));
    assert_true(is_followed("http://example.org:8080/a", "https://example.org/a"));
    assert_false(is_followed("http://example.org/a", "https://example.com/a"));
    assert_false(is_followed("http://example.org/a", "http://example.org:8080/a"));
    assert_false(is_followed("https://example.org:8443/a", "http://example.org:8443/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(the_port_is_that_of_the_scheme),
        cmocka_unit_test(what_is_not_a_url_is_refused_with_a_sentence),
        cmocka_unit_test(a_redirect_is_followed_only_where_a_token_may_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
