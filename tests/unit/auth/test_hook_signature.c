/* SPDX-License-Identifier: ISC */
/* The signature of a delivery. The first example is of the libraries of Standard Webhooks themselves. */
#include "auth/hook_signature.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_known_text_has_its_known_signature(void **state)
{
    const char *text = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
    char out[HOOK_SIGNATURE_BYTES];
    (void)state;
    assert_true(hook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", text, strlen(text), out));
    assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void a_padded_secret_is_read_without_its_padding(void **state)
{
    char out[HOOK_SIGNATURE_BYTES], other[HOOK_SIGNATURE_BYTES];
    (void)state;
    assert_true(hook_signature("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "x", 1, out)); /* 26 bytes of 0 */
    assert_true(hook_signature("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", "x", 1, other));
    assert_string_not_equal(out, other);
}

static void a_secret_has_24_to_64_bytes(void **state)
{
    static const struct {
        size_t bytes;
        bool ok;
    } rows[] = {{23, false}, {24, true}, {63, true}, {64, true}, {65, false}, {66, false}};
    static const unsigned char zeros[66];
    char secret[120] = "whsec_", out[HOOK_SIGNATURE_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        base64_encode(zeros, rows[i].bytes, secret + 6);
        assert_int_equal(hook_signature(secret, "x", 1, out), rows[i].ok);
    }
}

static void what_is_not_a_secret_signs_nothing(void **state)
{
    static const char *const secrets[] = {"",
                                          "whsec_",
                                          "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                          "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                          "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!!",
                                          "whsec_AAAA",
                                          "whsec_================================"};
    char out[HOOK_SIGNATURE_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_false(hook_signature(secrets[i], "x", 1, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_text_has_its_known_signature),
        cmocka_unit_test(a_padded_secret_is_read_without_its_padding),
        cmocka_unit_test(a_secret_has_24_to_64_bytes),
        cmocka_unit_test(what_is_not_a_secret_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
