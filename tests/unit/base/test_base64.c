/* SPDX-License-Identifier: ISC */
/* Base64: the vectors of RFC 4648, section 10, and texts that no encoder makes. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void vectors_of_the_standard_are_written_and_read(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[BASE64_TEXT_BYTES(6)];
        unsigned char bytes[8];
        size_t len = strlen(rows[i][0]);
        size_t got = 0;
        assert_int_equal(base64_encode(rows[i][0], len, text), strlen(rows[i][1]));
        assert_string_equal(text, rows[i][1]);
        assert_true(base64_decode(text, strlen(text), bytes, &got));
        assert_int_equal(got, len);
        assert_memory_equal(bytes, rows[i][0], len);
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm-_", "Zm 9"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char bytes[8];
        size_t got;
        if (base64_decode(rows[i], strlen(rows[i]), bytes, &got))
            fail_msg("%s was read", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_standard_are_written_and_read),
        cmocka_unit_test(other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
