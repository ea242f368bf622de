/* SPDX-License-Identifier: ISC */
/* Workspaces: made, renamed, removed with all that is in them, listed. */
#include "fixture.h"

static void putting_one_creates_it_and_then_renames_it(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    assert_int_equal(directory_put_workspace(self->directory, "beta", "Beta", NULL), DIRECTORY_CREATED);
    assert_int_equal(directory_put_workspace(self->directory, "beta", "Better", NULL), DIRECTORY_OK);
    assert_int_equal(directory_get_workspace(self->directory, "beta", add_workspace, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "beta=Better/0;");
}

static void it_is_told_whether_it_was_renamed(void **state)
{
    struct fixture *self = *state;
    bool renamed = true;
    directory_put_workspace(self->directory, "beta", "Beta", &renamed);
    assert_false(renamed);
    directory_put_workspace(self->directory, "beta", "Better", &renamed);
    assert_true(renamed);
    directory_put_workspace(self->directory, "beta", "Better", &renamed);
    assert_false(renamed);
    directory_put_workspace(self->directory, "beta", NULL, &renamed);
    assert_false(renamed);
}

static void without_a_name_it_keeps_its_own_or_takes_its_id(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    assert_int_equal(directory_put_workspace(self->directory, "beta", NULL, NULL), DIRECTORY_CREATED);
    assert_int_equal(directory_put_workspace(self->directory, "acme", NULL, NULL), DIRECTORY_OK);
    directory_each_workspace(self->directory, NULL, 10, add_workspace, &list);
    assert_string_equal(list.text, "acme=Acme/3;beta=beta/0;");
}

static void ids_and_names_that_break_a_rule_are_invalid(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(directory_put_workspace(self->directory, "-x", NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(directory_put_workspace(self->directory, "", NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(directory_put_workspace(self->directory, "beta", "", NULL), DIRECTORY_INVALID);
    assert_int_equal(directory_put_workspace(self->directory, "beta", "\xc3(", NULL), DIRECTORY_INVALID);
}

static void one_that_is_not_there_is_not_found(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    assert_int_equal(directory_get_workspace(self->directory, "beta", add_workspace, &list), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_delete_workspace(self->directory, "beta"), DIRECTORY_NOT_FOUND);
    assert_string_equal(list.text, "");
}

static void removing_one_takes_its_members_and_dms(void **state)
{
    struct fixture *self = *state;
    const char *users[] = {"u1", "u2", "u3"};
    int64_t id;
    assert_int_equal(open_dm(self->directory, "acme", users, 3, NULL, &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", users, 2, NULL, &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(directory_delete_workspace(self->directory, "acme"), DIRECTORY_OK);
    assert_int_equal(number_of(self, "SELECT (SELECT count(*) FROM member) + (SELECT count(*) FROM dm) + "
                                     "(SELECT count(*) FROM dm_participant) + (SELECT count(*) FROM user)"),
                     0);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
}

static void a_list_is_paged_by_id(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    directory_put_workspace(self->directory, "Zeta", "Z", NULL);
    directory_put_workspace(self->directory, "beta", "B", NULL);
    assert_int_equal(directory_each_workspace(self->directory, NULL, 2, add_workspace, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "Zeta=Z/0;acme=Acme/3;");
    list.text[0] = '\0';
    assert_int_equal(directory_each_workspace(self->directory, "acme", 2, add_workspace, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "beta=B/0;");
}

static void a_user_has_the_workspaces_of_their_memberships(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    directory_put_workspace(self->directory, "beta", "B", NULL);
    directory_put_workspace(self->directory, "gamma", "G", NULL);
    put_member(self->directory, "gamma", "u1", NULL, NULL, NULL);
    assert_int_equal(directory_each_workspace_of(self->directory, "u1", add_workspace, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "acme=Acme/0;gamma=G/0;");
}

static void bad_text_is_skipped_and_does_not_shorten_the_page(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    elsewhere(self, "INSERT INTO workspace (id, name, created_ms) VALUES ('bad1', CAST(x'c328' AS TEXT), 1),"
                    "('bad2', CAST(x'610062' AS TEXT), 1), ('beta', 'B', 1), ('no/id', 'N', 1)");
    assert_int_equal(directory_each_workspace(self->directory, NULL, 2, add_workspace, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "acme=Acme/3;beta=B/0;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_is_told_whether_it_was_renamed),
        TEST(putting_one_creates_it_and_then_renames_it),
        TEST(without_a_name_it_keeps_its_own_or_takes_its_id),
        TEST(ids_and_names_that_break_a_rule_are_invalid),
        TEST(one_that_is_not_there_is_not_found),
        TEST(removing_one_takes_its_members_and_dms),
        TEST(a_list_is_paged_by_id),
        TEST(a_user_has_the_workspaces_of_their_memberships),
        TEST(bad_text_is_skipped_and_does_not_shorten_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
