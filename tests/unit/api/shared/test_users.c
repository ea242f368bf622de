/* SPDX-License-Identifier: ISC */
/* Arrays of user ids: sorted, each once. */
#include "api/shared/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

static void each_user_comes_first_once_and_in_order(void **state)
{
    const char *users[] = {"carol", "ann", "bob", "ann", "carol", "ann"};

    (void)state;
    assert_int_equal(users_sort_unique(users, 6), 3);
    assert_string_equal(users[0], "ann");
    assert_string_equal(users[1], "bob");
    assert_string_equal(users[2], "carol");
}

/* Whoever owns the texts frees the doubles: none may be lost, none be there twice. */
static void doubles_stay_in_the_array_behind_them(void **state)
{
    char texts[5][2] = {"b", "a", "b", "a", "b"};
    const char *users[5];
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        users[i] = texts[i];
    assert_int_equal(users_sort_unique(users, 5), 2);
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 5; k++)
            if (users[i] == texts[k])
                seen |= 1u << k;
    assert_int_equal(seen, 31);
}

static void ids_sort_by_bytes_whatever_the_language(void **state)
{
    const char *users[] = {"\xc3\xa9va", "zoe", "Bob"};

    (void)state;
    assert_int_equal(users_sort_unique(users, 3), 3);
    assert_string_equal(users[0], "Bob");
    assert_string_equal(users[2], "\xc3\xa9va");
}

static void no_users_are_no_users(void **state)
{
    (void)state;
    assert_int_equal(users_sort_unique(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_comes_first_once_and_in_order),
        cmocka_unit_test(doubles_stay_in_the_array_behind_them),
        cmocka_unit_test(ids_sort_by_bytes_whatever_the_language),
        cmocka_unit_test(no_users_are_no_users),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
