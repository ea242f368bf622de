/* SPDX-License-Identifier: ISC */
/* The memory of memberships. */
#include "directory/member_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
    static struct member_memory memory;
    member_memory_init(&memory);
    *state = &memory;
    return 0;
}

static int end(void **state)
{
    member_memory_forget(*state);
    return 0;
}

static bool has(const struct member_memory *memory, const char *workspace, const char *user)
{
    struct member_key key;
    assert_true(member_key_make(&key, workspace, user));
    return member_memory_has(memory, &key);
}

static void add(struct member_memory *memory, const char *workspace, const char *user)
{
    struct member_key key;
    assert_true(member_key_make(&key, workspace, user));
    member_memory_add(memory, &key);
}

static void only_the_pair_that_was_added_is_known(void **state)
{
    add(*state, "acme", "u1");
    assert_true(has(*state, "acme", "u1"));
    assert_false(has(*state, "acme", "u"));
    assert_false(has(*state, "acm", "eu1"));
    assert_false(has(*state, "acme", ""));
    assert_int_equal(member_memory_count(*state), 1);
}

static void a_conversation_is_not_its_workspace(void **state)
{
    struct member_key key;
    add(*state, "acme", "u1");
    assert_true(member_key_make(&key, "acme", "u1"));
    member_key_add_dm(&key, INT64_MIN);
    assert_false(member_memory_has(*state, &key));
    member_memory_add(*state, &key);
    assert_true(member_memory_has(*state, &key));
    assert_true(member_key_make(&key, "acme", "u1"));
    member_key_add_dm(&key, 7);
    assert_false(member_memory_has(*state, &key));
}

static void another_revision_forgets_all(void **state)
{
    member_memory_at(*state, 7);
    add(*state, "acme", "u1");
    member_memory_at(*state, 7);
    assert_true(has(*state, "acme", "u1"));
    member_memory_at(*state, 8);
    assert_false(has(*state, "acme", "u1"));
    assert_int_equal(member_memory_count(*state), 0);
}

static void one_more_than_the_most_forgets_all_before(void **state)
{
    char user[16];
    for (int i = 0; i <= MEMBER_MEMORY_MAX; i++) {
        snprintf(user, sizeof user, "u%d", i);
        add(*state, "acme", user);
    }
    assert_int_equal(member_memory_count(*state), 1);
    assert_true(has(*state, "acme", user));
}

static void ids_longer_than_any_have_no_key(void **state)
{
    struct member_key key;
    char longer[IDS_USER_MAX + 2];
    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_false(member_key_make(&key, "acme", longer));
    assert_false(member_key_make(&key, longer, "u1"));
    assert_true(member_key_make(&key, longer + IDS_USER_MAX + 1 - IDS_WORKSPACE_MAX, longer + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_pair_that_was_added_is_known, begin, end),
        cmocka_unit_test_setup_teardown(a_conversation_is_not_its_workspace, begin, end),
        cmocka_unit_test_setup_teardown(another_revision_forgets_all, begin, end),
        cmocka_unit_test_setup_teardown(one_more_than_the_most_forgets_all_before, begin, end),
        cmocka_unit_test(ids_longer_than_any_have_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
