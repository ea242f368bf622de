/* SPDX-License-Identifier: ISC */
/* A walk goes through one workspace after another, each in portions, and begins again after the last. */
#include "presence/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_walk_begins_before_the_first_workspace(void **state)
{
    struct walk walk = {0};

    (void)state;
    assert_false(walk.inside);
    assert_string_equal(walk.workspace, "");
}

static void a_workspace_is_entered_at_its_beginning(void **state)
{
    struct walk walk = {.at = 17};

    (void)state;
    walk_enter(&walk, "acme");
    assert_true(walk.inside);
    assert_string_equal(walk.workspace, "acme");
    assert_int_equal(walk.at, 0);
}

static void a_portion_leads_to_where_the_next_one_begins(void **state)
{
    struct walk walk = {0};

    (void)state;
    walk_enter(&walk, "acme");
    walk_ask(&walk);
    assert_true(walk.asking);
    walk_answered(&walk, 64);
    assert_false(walk.asking);
    assert_true(walk.inside);
    assert_int_equal(walk.at, 64);
}

static void the_last_portion_of_a_workspace_leaves_it_and_keeps_its_name(void **state)
{
    struct walk walk = {0};

    (void)state;
    walk_enter(&walk, "acme");
    walk_ask(&walk);
    walk_answered(&walk, -1);
    assert_false(walk.inside);
    assert_string_equal(walk.workspace, "acme");
}

static void a_shorter_name_replaces_a_longer_one(void **state)
{
    struct walk walk = {0};

    (void)state;
    walk_enter(&walk, "a-long-workspace");
    walk_enter(&walk, "b");
    assert_string_equal(walk.workspace, "b");
}

static void after_the_last_workspace_it_begins_again(void **state)
{
    struct walk walk = {0};

    (void)state;
    walk_enter(&walk, "acme");
    walk_ask(&walk);
    walk_answered(&walk, -1);
    walk_enter(&walk, NULL);
    assert_false(walk.inside);
    assert_string_equal(walk.workspace, "");
}

static void the_longest_name_fits(void **state)
{
    struct walk walk = {0};
    char longest[IDS_WORKSPACE_MAX + 1];

    (void)state;
    memset(longest, 'w', IDS_WORKSPACE_MAX);
    longest[IDS_WORKSPACE_MAX] = '\0';
    walk_enter(&walk, longest);
    assert_string_equal(walk.workspace, longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_begins_before_the_first_workspace),
        cmocka_unit_test(a_workspace_is_entered_at_its_beginning),
        cmocka_unit_test(a_portion_leads_to_where_the_next_one_begins),
        cmocka_unit_test(the_last_portion_of_a_workspace_leaves_it_and_keeps_its_name),
        cmocka_unit_test(a_shorter_name_replaces_a_longer_one),
        cmocka_unit_test(after_the_last_workspace_it_begins_again),
        cmocka_unit_test(the_longest_name_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
