/* SPDX-License-Identifier: ISC */
/* Strict base64url: one text for one row of bytes. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static bool decodes_to(const char *text, const char *expected)
{
    unsigned char out[64];
    size_t len;
    return base64url_decode(text, strlen(text), out, &len) && len == strlen(expected) &&
           memcmp(out, expected, len) == 0;
}

static bool refused(const char *text)
{
    unsigned char out[64];
    size_t len;
    return !base64url_decode(text, strlen(text), out, &len);
}

static void the_vectors_of_rfc_4648_decode(void **state)
{
    (void)state;
    assert_true(decodes_to("", ""));
    assert_true(decodes_to("Zg", "f"));
    assert_true(decodes_to("Zm8", "fo"));
    assert_true(decodes_to("Zm9v", "foo"));
    assert_true(decodes_to("Zm9vYg", "foob"));
    assert_true(decodes_to("Zm9vYmFy", "foobar"));
    assert_true(decodes_to("-_-_", "\xfb\xff\xbf"));
}

static void what_no_encoder_makes_is_refused(void **state)
{
    (void)state;
    assert_true(refused("Z"));
    assert_true(refused("Zm9vY"));
    assert_true(refused("Zh"));
    assert_true(refused("Zm9"));
    assert_true(refused("Zg=="));
    assert_true(refused("Zm9v\n"));
    assert_true(refused("Zm 9v"));
    assert_true(refused("+/+/"));
    assert_true(refused("Zm9\x80"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_decode),
        cmocka_unit_test(what_no_encoder_makes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
