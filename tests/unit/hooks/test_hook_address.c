/* SPDX-License-Identifier: ISC */
/* Which addresses webhooks are not delivered to. */
#include "hooks/hook_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static bool ok(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return hook_address_ok((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return hook_address_ok((const struct sockaddr *)&in6);
}

static void link_local_and_metadata_addresses_are_refused(void **state)
{
    static const char *const addresses[] = {
        "169.254.0.0",       "169.254.169.254",      "169.254.255.255",
        "100.100.100.200",   "168.63.129.16",        "192.0.0.192",
        "fe80::1",           "febf:ffff::1",         "fd00:ec2::254",
        "fd00:ec2::23",      "fd20:ce::254",         "::ffff:169.254.1.1",
        "::169.254.169.254", "64:ff9b::169.254.1.1", "64:ff9b:1::169.254.1.1",
        "2002:a9fe:a9fe::1", "::ffff:a9fe:a9fe",     "::ffff:100.100.100.200",
    };
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_false(ok(addresses[i]));
}

static void others_are_not(void **state)
{
    static const char *const addresses[] = {
        "127.0.0.1",        "10.0.0.1",         "192.168.1.1", "169.253.255.255",
        "169.255.0.0",      "100.100.100.201",  "8.8.8.8",     "::1",
        "fec0::1",          "fc00::1",          "2001:db8::1", "fd00:ec3::254",
        "::ffff:127.0.0.1", "64:ff9b::8.8.8.8",
    };
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_true(ok(addresses[i]));
}

static void an_address_that_is_neither_is_refused(void **state)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};
    (void)state;
    assert_false(hook_address_ok(&address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_local_and_metadata_addresses_are_refused),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(an_address_that_is_neither_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
