/* SPDX-License-Identifier: ISC */
/* Which URLs a webhook may have. */
#include "api/shared/webhook_url.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *fault_of(const char *text)
{
    return webhook_url_fault(text, strlen(text));
}

static void what_clients_can_send_to_is_taken(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "http://x",
        "HTTPS://app.example.org",
        "https://app.example.org:8443/hook?key=a%20b&c=d",
        "http://127.0.0.1:1/",
        "http://[2001:db8::1]/x",
        "http://[::ffff:127.0.0.1]:65535?x",
        "https://xn--mnchen-3ya.example/@x/:y",
        "https://a_b-c.example/~x/!$'()*+,;=",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fault_of(rows[i]))
            fail_msg("%s: %s", rows[i], fault_of(rows[i]));
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "x",
        "http:/x",
        "http://",
        "https:///",
        "ftp://x/",
        "file:///etc/passwd",
        "//x/",
        "javascript:alert(1)",
        "http://:80/",
        "http://x:/",
        "http://x:0/",
        "http://x:65536/",
        "http://x:8o/",
        "http://x:000080/",
        "http://x y/",
        "http://x/\ny",
        "http://x/\x7f",
        "http://x/\xc3\xbc",
        "http://x/<y>",
        "http://x\\y/",
        "http://ann@x/",
        "http://ann:pw@x/",
        "http://x/#y",
        "http://x#y",
        "http://[]/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[x]/",
        "http://x%2fy/",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!fault_of(rows[i]))
            fail_msg("%s was taken", rows[i]);
}

static void a_host_and_a_url_have_a_length(void **state)
{
    (void)state;
    char url[LIMIT_URL_BYTES + 2] = "http://";
    memset(url + 7, 'x', 255);
    assert_null(fault_of(url));
    url[7 + 255] = 'x';
    assert_non_null(fault_of(url));
    memset(url, 'y', sizeof url - 1);
    memcpy(url, "http://x/", 9);
    assert_non_null(webhook_url_fault(url, LIMIT_URL_BYTES + 1));
    url[LIMIT_URL_BYTES] = '\0';
    assert_null(fault_of(url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_clients_can_send_to_is_taken),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(a_host_and_a_url_have_a_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
