/* SPDX-License-Identifier: ISC */
/* The table of JWT algorithms. */
#include "base/jwt_algorithm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_name_of_the_list_is_found(void **state)
{
    (void)state;
    char names[] = JWT_ALGORITHM_NAMES;
    size_t count = 0;
    char *rest = NULL;
    for (char *name = strtok_r(names, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest), count++) {
        const struct jwt_algorithm *algorithm = jwt_algorithm_find(name);
        assert_non_null(algorithm);
        assert_string_equal(algorithm->name, name);
    }
    assert_int_equal(count, 10);
}

static void other_names_are_not_found(void **state)
{
    static const char *const names[] = {"", "none", "hs256", "HS256 ", "PS256", "ES256K"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(jwt_algorithm_find(names[i]));
}

static void the_digest_is_that_of_the_name(void **state)
{
    static const char *const names[] = {"HS256", "HS384", "HS512", "RS256", "RS384",
                                        "RS512", "ES256", "ES384", "ES512"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char digest[8];
        snprintf(digest, sizeof digest, "SHA%s", names[i] + 2);
        assert_string_equal(jwt_algorithm_find(names[i])->digest, digest);
    }
    assert_null(jwt_algorithm_find("EdDSA")->digest);
}

static void a_signature_of_a_curve_is_two_numbers_of_its_size(void **state)
{
    static const char *const names[] = {"ES256", "ES384", "ES512"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct jwt_algorithm *algorithm = jwt_algorithm_find(names[i]);
        assert_int_equal(algorithm->signature_bytes, 2 * ((algorithm->key_bits + 7) / 8));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_the_list_is_found),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(the_digest_is_that_of_the_name),
        cmocka_unit_test(a_signature_of_a_curve_is_two_numbers_of_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
