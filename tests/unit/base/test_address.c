/* SPDX-License-Identifier: ISC */
/* Addresses as they stand in a configuration. */
#include "base/address.h"

#include "../scratch.h"

/* TEXT taken apart is HOST and PORT. */
static void assert_splits(const char *text, const char *host, int port)
{
    char *got = NULL;
    int got_port = 0;
    const char *why = "";
    if (!address_split(text, 0, &got, &got_port, &why))
        fail_msg("%s: %s", text, why);
    assert_string_equal(got, host);
    assert_int_equal(got_port, port);
    free(got);
}

static bool splits(const char *text)
{
    char *host = NULL;
    int port;
    const char *why = NULL;
    bool ok = address_split(text, 0, &host, &port, &why);
    assert_true(ok || why);
    free(host);
    return ok;
}

static void host_and_port_are_told_apart(void **state)
{
    (void)state;
    assert_splits("127.0.0.1:9000", "127.0.0.1", 9000);
    assert_splits("[::1]:1", "::1", 1);
    assert_splits("cache.example:65535", "cache.example", 65535);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           ":9000",   "host",    "host:",        "host:0",
                                      "host:65536", "host:9x", "::1:80",  "[::1",         "[::1]9000",
                                      "[]:900",     "a:b:1",   "host:-1", "host:99999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (splits(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void ipv6_is_written_with_brackets(void **state)
{
    char text[64];

    (void)state;
    assert_string_equal(address_join("db1", 6379, text, sizeof text), "db1:6379");
    assert_string_equal(address_join("10.0.0.1", 1, text, sizeof text), "10.0.0.1:1");
    assert_string_equal(address_join("fd00::7", 65535, text, sizeof text), "[fd00::7]:65535");
}

static void an_ip_address_is_told_from_a_name(void **state)
{
    (void)state;
    assert_true(address_is_ip("127.0.0.1"));
    assert_true(address_is_ip("::1"));
    assert_false(address_is_ip("[::1]"));
    assert_false(address_is_ip("localhost"));
    assert_false(address_is_ip("127.0.0.1:6379"));
    assert_false(address_is_ip(""));
}

static void origins_become_what_browsers_send(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"https://a.example", "https://a.example"},
        {"https://a.example:443", "https://a.example"},
        {"http://a.example:80", "http://a.example"},
        {"https://a.example:80", "https://a.example:80"},
        {"http://localhost:8080", "http://localhost:8080"},
        {"http://localhost:08080", "http://localhost:8080"},
        {"HTTPS://App.Example.ORG:443/", "https://app.example.org"},
        {"https://a.example/", "https://a.example"},
        {"http://[::1]:80", "http://[::1]"},
        {"http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"},
        {"http://[2001:DB8::A]", "http://[2001:db8::a]"},
        {"capacitor://localhost", "capacitor://localhost"},
        {"chrome-extension://abc", "chrome-extension://abc"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *why = NULL;
        char *origin = address_origin(cases[i][0], &why);
        if (!origin)
            fail_msg("\"%s\" was refused: %s", cases[i][0], why);
        assert_string_equal(origin, cases[i][1]);
        free(origin);
    }
}

static void what_is_not_an_origin_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "scheme"},
        {"*", "wildcard"},
        {"https://*", "wildcard"},
        {"https://*.example.org", "wildcard"},
        {"null", "any site"},
        {"a.example", "scheme"},
        {"a.example:443", "scheme"},
        {"://a", "scheme"},
        {"1a://a", "scheme"},
        {"https://", "host"},
        {"https:///", "path"},
        {"https://a/presence", "path"},
        {"https://a//", "path"},
        {"https://a?", "path"},
        {"https://a#", "path"},
        {"https://a b", "spaces"},
        {" https://a", "spaces"},
        {"https://a,https://b", "commas"},
        {"https://u@a", "host"},
        {"https://a%20b", "host"},
        {"https://a:0", "port"},
        {"https://a:", "port"},
        {"https://a:65536", "port"},
        {"https://[::1", "brackets"},
        {"https://[::g]", "host"},
        {"https://\xc3\xa9.example", "Punycode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *why = NULL;
        char *origin = address_origin(cases[i][0], &why);
        if (origin)
            fail_msg("\"%s\" was taken", cases[i][0]);
        if (!strstr(why, cases[i][1]))
            fail_msg("\"%s\": %s", cases[i][0], why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_told_apart),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(ipv6_is_written_with_brackets),
        cmocka_unit_test(an_ip_address_is_told_from_a_name),
        cmocka_unit_test(origins_become_what_browsers_send),
        cmocka_unit_test(what_is_not_an_origin_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
