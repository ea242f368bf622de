/* SPDX-License-Identifier: ISC */
/* What a workspace allows, and who is told when that changes. */
#include "directory/policies.h"
#include "directory/statuses.h"
#include "fixture.h"

static const enum invisible_policy forbidden = INVISIBLE_FORBIDDEN;
static const enum invisible_policy by_default = INVISIBLE_DEFAULT;
static const bool no = false;

static void put_rev(void *ctx, const struct status_row *row)
{
    *(int64_t *)ctx = row->rev;
}

static int64_t rev_of(struct fixture *self, const char *user)
{
    int64_t rev = 0;
    directory_get_status(self->directory, "acme", user, put_rev, &rev);
    return rev;
}

static void put_show(void *ctx, const struct status_row *row)
{
    list_add(ctx, "%s", row->user);
    for (size_t i = 0; i < row->count; i++)
        list_add(ctx, " %s %s", layer_kind_name(row->layers[i].kind), show_name(row->layers[i].show));
}

static void a_workspace_allows_everything_at_first(void **state)
{
    struct fixture *self = *state;
    struct status_policy policy;
    assert_int_equal(directory_get_policy(self->directory, "acme", &policy), DIRECTORY_OK);
    assert_int_equal(policy.invisible, INVISIBLE_ALLOWED);
    assert_true(policy.messages);
    assert_int_equal(policy.last_seen, SEEN_EXACT);
    assert_int_equal(directory_get_policy(self->directory, "none", &policy), DIRECTORY_NOT_FOUND);
}

static void what_is_not_given_stays(void **state)
{
    struct fixture *self = *state;
    struct status_policy policy;
    enum last_seen day = SEEN_DAY;
    struct policy_change changed = {true, false};
    struct policy_edit edit = {.last_seen = &day};
    assert_int_equal(directory_put_policy(self->directory, "acme", &edit, &changed), DIRECTORY_OK);
    assert_true(!changed.rows && changed.last_seen);
    assert_int_equal(directory_put_policy(self->directory, "acme", &edit, &changed), DIRECTORY_OK);
    assert_true(!changed.rows && !changed.last_seen);
    edit = (struct policy_edit){.messages = &no};
    assert_int_equal(directory_put_policy(self->directory, "acme", &edit, &changed), DIRECTORY_OK);
    assert_true(changed.rows);
    edit = (struct policy_edit){.invisible = &forbidden};
    assert_int_equal(directory_put_policy(self->directory, "acme", &edit, NULL), DIRECTORY_OK);
    directory_get_policy(self->directory, "acme", &policy);
    assert_int_equal(policy.invisible, INVISIBLE_FORBIDDEN);
    assert_false(policy.messages);
    assert_int_equal(policy.last_seen, SEEN_DAY);
    assert_int_equal(directory_put_policy(self->directory, "none", &edit, &changed), DIRECTORY_NOT_FOUND);
    assert_false(changed.rows);
}

static void a_policy_that_stays_as_it_was_is_not_written(void **state)
{
    struct fixture *self = *state;
    enum last_seen day = SEEN_DAY;
    struct policy_edit edit = {.last_seen = &day};
    assert_int_equal(directory_put_policy(self->directory, "acme", &edit, NULL), DIRECTORY_OK);
    seal_workspaces(self);
    assert_int_equal(directory_put_policy(self->directory, "acme", &edit, NULL), DIRECTORY_OK);
}

static void set_base(struct fixture *self, const char *user)
{
    struct status_edit edit = {.workspace = "acme", .user = user, .now_ms = 1000};
    struct layer layer = {.kind = LAYER_BASE, .show = SHOW_INVISIBLE};
    assert_int_equal(directory_set_own_layer(self->directory, &edit, &layer), DIRECTORY_OK);
}

static void revs_grow_with_a_change_that_others_may_see_and_only_then(void **state)
{
    struct fixture *self = *state;
    set_base(self, "u1");
    int64_t rev = rev_of(self, "u1");
    struct policy_change changed = {true, false};
    directory_put_policy(self->directory, "acme", &(struct policy_edit){.invisible = &by_default}, &changed);
    assert_false(changed.rows);
    assert_int_equal(rev_of(self, "u1"), rev);
    directory_put_policy(self->directory, "acme", &(struct policy_edit){.invisible = &forbidden}, &changed);
    assert_true(changed.rows);
    assert_true(rev_of(self, "u1") >= rev + 32);
    assert_int_equal(rev_of(self, "u2"), 0);
    rev = rev_of(self, "u1");
    elsewhere(self, "UPDATE workspace SET messages = 0");
    assert_true(rev_of(self, "u1") >= rev + 32);
    rev = rev_of(self, "u1");
    elsewhere(self, "UPDATE workspace SET messages = 0, name = 'x'");
    assert_int_equal(rev_of(self, "u1"), rev);
}

static void new_members_begin_invisible_if_the_workspace_says_so_however_they_come(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    size_t added, changed;
    put_member(self->directory, "acme", "a0", NULL, NULL, NULL);
    directory_put_policy(self->directory, "acme", &(struct policy_edit){.invisible = &by_default}, NULL);
    put_member(self->directory, "acme", "a1", NULL, NULL, NULL);
    admit_member(self->directory, "acme", "a2", NULL, 1, &(enum member_change){0});
    directory_import_begin(self->directory, "acme");
    import_add(self->directory, "a3", NULL, NULL, NULL);
    directory_import_end(self->directory, true, &added, &changed);
    elsewhere(self, "INSERT INTO member VALUES ('acme', 'a4', 'x', 'member', 1)");
    static const char *const users[] = {"a0", "u1", "a1", "a2", "a3", "a4"};
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        if (directory_get_status(self->directory, "acme", users[i], put_show, &list) == DIRECTORY_OK)
            list_add(&list, ";");
    assert_string_equal(list.text, "a1 base invisible;a2 base invisible;a3 base invisible;a4 base invisible;");
    assert_true(rev_of(self, "a4") > 1600000000000);
}

static void a_member_who_exists_does_not_begin_again(void **state)
{
    struct fixture *self = *state;
    directory_put_policy(self->directory, "acme", &(struct policy_edit){.invisible = &by_default}, NULL);
    put_member(self->directory, "acme", "u1", "Other", "admin", NULL);
    assert_int_equal(rev_of(self, "u1"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_workspace_allows_everything_at_first),
        TEST(what_is_not_given_stays),
        TEST(a_policy_that_stays_as_it_was_is_not_written),
        TEST(revs_grow_with_a_change_that_others_may_see_and_only_then),
        TEST(new_members_begin_invisible_if_the_workspace_says_so_however_they_come),
        TEST(a_member_who_exists_does_not_begin_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
