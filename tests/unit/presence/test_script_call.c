/* SPDX-License-Identifier: ISC */
/* A script's call has the keys and arguments that were added to it, in their order, its numbers as text. */
#include "presence/script_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void assert_bytes(struct redis_arg arg, const char *expected)
{
    assert_int_equal(arg.len, strlen(expected));
    assert_memory_equal(arg.bytes, expected, arg.len);
}

static void keys_and_arguments_stand_in_the_order_in_which_they_were_added(void **state)
{
    struct script_call call;

    (void)state;
    script_call_init(&call, SCRIPT_PRUNE);
    script_call_key(&call, "one");
    script_call_key(&call, "two");
    script_call_text(&call, "first");
    script_call_text(&call, "");
    script_call_int(&call, -17);
    assert_int_equal(call.script, SCRIPT_PRUNE);
    assert_int_equal(call.key_count, 2);
    assert_bytes(call.keys[0], "one");
    assert_bytes(call.keys[1], "two");
    assert_int_equal(call.arg_count, 3);
    assert_bytes(call.args[0], "first");
    assert_bytes(call.args[1], "");
    assert_bytes(call.args[2], "-17");
}

static void a_number_that_is_not_given_is_an_empty_text(void **state)
{
    struct script_call call;

    (void)state;
    script_call_init(&call, SCRIPT_BEAT);
    script_call_int_if(&call, true, 5);
    script_call_int_if(&call, false, 6);
    assert_int_equal(call.arg_count, 2);
    assert_bytes(call.args[0], "5");
    assert_bytes(call.args[1], "");
}

static void words_and_numbers_share_an_argument(void **state)
{
    struct script_call call;

    (void)state;
    script_call_init(&call, SCRIPT_BEAT);
    script_call_words(&call);
    script_call_word(&call, "acme");
    script_call_numbers(&call, (const int64_t[]){50, -200, 1}, 3);
    script_call_word(&call, "two words");
    script_call_int(&call, 7);
    script_call_words(&call);
    script_call_numbers(&call, (const int64_t[]){8}, 1);
    assert_int_equal(call.arg_count, 3);
    assert_bytes(call.args[0], "acme 50 -200 1 two words");
    assert_bytes(call.args[1], "7");
    assert_bytes(call.args[2], "8");
}

/* A renewal by beat.lua: its member, three numbers, and the terms. */
static void the_longest_words_of_the_longest_call_fit(void **state)
{
    const int64_t numbers[] = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};
    char name[IDS_USER_MAX + 1];
    struct script_call call;

    (void)state;
    memset(name, 'x', IDS_USER_MAX);
    name[IDS_USER_MAX] = '\0';
    script_call_init(&call, SCRIPT_BEAT);
    script_call_words(&call);
    script_call_word(&call, name + IDS_USER_MAX - IDS_WORKSPACE_MAX);
    script_call_word(&call, name + IDS_USER_MAX - IDS_SESSION_MAX);
    script_call_word(&call, name);
    for (int i = 0; i < 3; i++)
        script_call_int(&call, INT64_MIN);
    script_call_words(&call);
    script_call_word(&call, "0123456789abcdef/1");
    script_call_word(&call, "0123456789abcdef");
    script_call_numbers(&call, numbers, 8);
    assert_int_equal(call.args[0].len, IDS_WORKSPACE_MAX + IDS_SESSION_MAX + IDS_USER_MAX + 2);
    assert_bytes(call.args[1], "-9223372036854775808");
    assert_memory_equal(call.args[4].bytes + call.args[4].len - 41, "-9223372036854775808 -9223372036854775808", 41);
}

static void a_call_of_any_length_uses_the_array_it_is_given(void **state)
{
    struct script_call call;
    struct redis_arg args[40];

    (void)state;
    script_call_init(&call, SCRIPT_MARK);
    script_call_use(&call, args, 40);
    for (int i = 0; i < 40; i++)
        script_call_text(&call, "mark");
    assert_int_equal(call.arg_count, 40);
    assert_ptr_equal(call.args, args);
    assert_bytes(args[39], "mark");
}

static void the_keys_of_a_user_are_those_of_the_workspace_and_their_own(void **state)
{
    struct script_call call;
    struct script_keys keys;
    char prefix[KEY_PREFIX_MAX];
    char expected[KEY_MAX];

    (void)state;
    script_keys_init(&keys, "acme", "bob");
    script_prefix(prefix, ids_partition("acme", 4));
    script_call_init(&call, SCRIPT_BEAT);
    script_call_user_keys(&call, &keys);
    assert_int_equal(call.key_count, 5);
    snprintf(expected, sizeof expected, "%sdue", prefix);
    assert_bytes(call.keys[0], expected);
    snprintf(expected, sizeof expected, "%sacme:state", prefix);
    assert_bytes(call.keys[1], expected);
    snprintf(expected, sizeof expected, "%sacme:changed", prefix);
    assert_bytes(call.keys[2], expected);
    snprintf(expected, sizeof expected, "%sacme:meta", prefix);
    assert_bytes(call.keys[3], expected);
    snprintf(expected, sizeof expected, "%sacme:u:bob", prefix);
    assert_bytes(call.keys[4], expected);
}

static void the_longest_ids_fit_into_their_keys(void **state)
{
    struct script_keys keys;
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1];

    (void)state;
    memset(workspace, 'w', IDS_WORKSPACE_MAX);
    workspace[IDS_WORKSPACE_MAX] = '\0';
    memset(user, 'u', IDS_USER_MAX);
    user[IDS_USER_MAX] = '\0';
    script_keys_init(&keys, workspace, user);
    assert_true(strlen(keys.user) < sizeof keys.user);
    assert_string_equal(keys.user + strlen(keys.user) - IDS_USER_MAX, user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_arguments_stand_in_the_order_in_which_they_were_added),
        cmocka_unit_test(a_number_that_is_not_given_is_an_empty_text),
        cmocka_unit_test(words_and_numbers_share_an_argument),
        cmocka_unit_test(the_longest_words_of_the_longest_call_fit),
        cmocka_unit_test(a_call_of_any_length_uses_the_array_it_is_given),
        cmocka_unit_test(the_keys_of_a_user_are_those_of_the_workspace_and_their_own),
        cmocka_unit_test(the_longest_ids_fit_into_their_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
