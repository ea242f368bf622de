/* SPDX-License-Identifier: ISC */
/* Members: added, changed, removed, listed, and asked for at every request. */
#include "base/limits.h"
#include "fixture.h"

static void a_new_member_without_name_and_role_gets_both(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    assert_int_equal(directory_get_member(self->directory, "acme", "u3", add_member, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "u3=u3/member;");
}

static void null_leaves_name_or_role_unchanged(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    put_member(self->directory, "acme", "u2", "New", NULL, NULL);
    put_member(self->directory, "acme", "u2", NULL, "guest", NULL);
    directory_get_member(self->directory, "acme", "u2", add_member, &list);
    assert_string_equal(list.text, "u2=New/guest;");
}

static void changed_tells_what_is_different(void **state)
{
    struct fixture *self = *state;
    const struct {
        const char *name, *role;
        enum member_change changed;
    } puts[] = {
        {NULL, NULL, MEMBER_CHANGED},     {"u4", "member", MEMBER_SAME},    {NULL, NULL, MEMBER_SAME},
        {NULL, "admin", MEMBER_CHANGED},  {"Una", NULL, MEMBER_RENAMED},    {"Una", "admin", MEMBER_SAME},
        {"Una", "guest", MEMBER_CHANGED}, {"Uno", "admin", MEMBER_RENAMED},
    };
    for (size_t i = 0; i < sizeof puts / sizeof puts[0]; i++) {
        enum member_change changed = MEMBER_SAME;
        put_member(self->directory, "acme", "u4", puts[i].name, puts[i].role, &changed);
        assert_int_equal(changed, puts[i].changed);
    }
}

static void a_workspace_that_is_not_there_is_not_found_and_leaves_nothing(void **state)
{
    struct fixture *self = *state;
    enum member_change changed = MEMBER_RENAMED;
    assert_int_equal(put_member(self->directory, "beta", "u9", NULL, NULL, &changed), DIRECTORY_NOT_FOUND);
    assert_false(changed);
    assert_int_equal(number_of(self, "SELECT count(*) FROM user WHERE id = 'u9'"), 0);
}

static void what_breaks_a_rule_is_invalid(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put_member(self->directory, "acme", "", NULL, NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(put_member(self->directory, "acme", "a\nb", NULL, NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(put_member(self->directory, "acme", "u4", "", NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, "", NULL), DIRECTORY_INVALID);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, "Boss", NULL), DIRECTORY_INVALID);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, "abcdefghijabcdefghijabcdefghijabc", NULL),
                     DIRECTORY_INVALID);
    assert_int_equal(directory_is_member(self->directory, "acme", "u4"), DIRECTORY_NOT_FOUND);
}

static void a_member_who_was_added_is_let_in_at_once(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(directory_is_member(self->directory, "acme", "u4"), DIRECTORY_NOT_FOUND);
    put_member(self->directory, "acme", "u4", NULL, NULL, NULL);
    assert_int_equal(directory_is_member(self->directory, "acme", "u4"), DIRECTORY_OK);
}

static void a_member_who_was_removed_is_out_at_once(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    assert_int_equal(directory_delete_member(self->directory, "acme", "u1", NULL, NULL), DIRECTORY_OK);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_delete_member(self->directory, "acme", "u1", NULL, NULL), DIRECTORY_NOT_FOUND);
}

static void no_name_is_taken_for_another(void **state)
{
    struct fixture *self = *state;
    directory_put_workspace(self->directory, "a", NULL, NULL);
    put_member(self->directory, "a", "cme u1", NULL, NULL, NULL);
    assert_int_equal(directory_is_member(self->directory, "a", "cme u1"), DIRECTORY_OK);
    assert_int_equal(directory_is_member(self->directory, "acme", " u1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_is_member(self->directory, "acme", "U1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_is_member(self->directory, "acme", "u"), DIRECTORY_NOT_FOUND);
}

static void an_id_longer_than_any_is_not_found(void **state)
{
    struct fixture *self = *state;
    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(directory_is_member(self->directory, "acme", longer), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_is_member(self->directory, longer, "u1"), DIRECTORY_NOT_FOUND);
}

static void what_is_remembered_is_bounded(void **state)
{
    struct fixture *self = *state;
    char user[32];
    elsewhere(
        self,
        "PRAGMA foreign_keys = OFF; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 100020) "
        "INSERT INTO member SELECT 'acme', 'm' || i, 'x', 'member', 1 FROM n");
    for (int i = 0; i < MEMBER_MEMORY_MAX + 10; i++) {
        snprintf(user, sizeof user, "m%d", i);
        assert_int_equal(directory_is_member(self->directory, "acme", user), DIRECTORY_OK);
    }
    assert_true(member_memory_count(&self->directory->members) < MEMBER_MEMORY_MAX);
    assert_int_equal(directory_is_member(self->directory, "acme", "m0"), DIRECTORY_OK);
}

static void a_list_is_paged_by_user_bytewise(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    put_member(self->directory, "acme", "Z", NULL, NULL, NULL);
    put_member(self->directory, "acme", "\xc3\xa9", NULL, NULL, NULL);
    each_member(self->directory, "acme", NULL, 2, add_member, &list);
    assert_string_equal(list.text, "Z=Z/member;u1=Ursula/member;");
    list.text[0] = '\0';
    each_member(self->directory, "acme", "u1", 10, add_member, &list);
    assert_string_equal(list.text, "u2=Uwe/admin;u3=u3/member;\xc3\xa9=\xc3\xa9/member;");
}

static void bad_text_is_skipped_and_the_others_are_listed(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    elsewhere(self, "INSERT INTO member VALUES ('acme', CAST(x'75c328' AS TEXT), 'x', 'member', 1),"
                    "('acme', CAST(x'75310078' AS TEXT), 'x', 'member', 1),"
                    "('acme', CAST(x'eda080' AS TEXT), 'x', 'member', 1);"
                    "UPDATE member SET name = CAST(x'c0af' AS TEXT) WHERE user = 'u2'");
    assert_int_equal(each_member(self->directory, "acme", NULL, 2, add_member, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "u1=Ursula/member;u3=u3/member;");
}

static void a_user_goes_with_the_last_that_refers_to_them(void **state)
{
    struct fixture *self = *state;
    const unsigned char hash[DIRECTORY_HASH_BYTES] = {7};
    int64_t id;
    grant_token(self->directory, hash, "u1", "", 0, &id);
    directory_delete_member(self->directory, "acme", "u1", NULL, NULL);
    assert_int_equal(number_of(self, "SELECT count(*) FROM user WHERE id = 'u1'"), 1);
    directory_delete_token(self->directory, id);
    assert_int_equal(number_of(self, "SELECT count(*) FROM user WHERE id = 'u1'"), 0);
}

static bool admitted(struct fixture *self, const char *name, int64_t issued_ms)
{
    enum member_change changed = MEMBER_SAME;
    assert_true(admit_member(self->directory, "acme", "new", name, issued_ms, &changed) <= DIRECTORY_CREATED);
    return changed != MEMBER_SAME;
}

/* As if the last renaming had been S seconds earlier. */
static void seconds_pass(struct fixture *self, int s)
{
    char sql[128];
    snprintf(sql, sizeof sql, "UPDATE named SET renamed_ms = renamed_ms - %d000", s);
    elsewhere(self, sql);
}

static void an_older_jwt_renames_nobody(void **state)
{
    struct fixture *self = *state;
    assert_true(admitted(self, "Two", 2000));
    assert_false(admitted(self, "One", 1000));
    assert_false(admitted(self, "One", 0));
    assert_true(admitted(self, "Three", 3000));
    seconds_pass(self, LIMIT_RENAME_SECONDS);
    assert_false(admitted(self, "Two", 2000));
    assert_true(admitted(self, "Four", 4000));
    assert_int_equal(number_of(self, "SELECT count(*) FROM member WHERE user = 'new' AND name = 'Four'"), 1);
}

static void a_jwt_renames_once_in_an_interval(void **state)
{
    struct fixture *self = *state;
    assert_true(admitted(self, "A", 0));
    assert_true(admitted(self, "B", 0));
    for (int i = 0; i < 10; i++)
        assert_false(admitted(self, i % 2 == 0 ? "A" : "B", 0));
    seconds_pass(self, LIMIT_RENAME_SECONDS - 5);
    assert_false(admitted(self, "A", 0));
    seconds_pass(self, 6);
    assert_true(admitted(self, "A", 0));
    assert_false(admitted(self, "B", 0));
}

static void who_was_removed_is_admitted_again(void **state)
{
    struct fixture *self = *state;
    assert_true(admitted(self, "Two", 2000));
    directory_delete_member(self->directory, "acme", "new", NULL, NULL);
    assert_int_equal(number_of(self, "SELECT count(*) FROM named"), 0);
    assert_true(admitted(self, "One", 1000));
}

static void a_time_in_the_future_holds_nobody_up(void **state)
{
    struct fixture *self = *state;
    assert_true(admitted(self, "Odd", INT64_MAX / 2));
    assert_true(admitted(self, "Even", INT64_MAX / 2));
}

/* Another writer has the database, and is waited for by nobody who has nothing to write. */
static void a_jwt_for_a_workspace_that_is_not_there_needs_no_lock(void **state)
{
    struct fixture *self = *state;
    enum member_change changed = MEMBER_RENAMED;
    sqlite3 *writer = NULL;
    sqlite3_open(self->path, &writer);
    assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(admit_member(self->directory, "beta", "u1", "Una", 1000, &changed), DIRECTORY_NOT_FOUND);
    assert_int_equal(changed, MEMBER_SAME);
    sqlite3_close(writer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_new_member_without_name_and_role_gets_both),
        TEST(null_leaves_name_or_role_unchanged),
        TEST(changed_tells_what_is_different),
        TEST(a_workspace_that_is_not_there_is_not_found_and_leaves_nothing),
        TEST(what_breaks_a_rule_is_invalid),
        TEST(a_member_who_was_added_is_let_in_at_once),
        TEST(a_member_who_was_removed_is_out_at_once),
        TEST(no_name_is_taken_for_another),
        TEST(an_id_longer_than_any_is_not_found),
        TEST(what_is_remembered_is_bounded),
        TEST(a_list_is_paged_by_user_bytewise),
        TEST(bad_text_is_skipped_and_the_others_are_listed),
        TEST(a_user_goes_with_the_last_that_refers_to_them),
        TEST(an_older_jwt_renames_nobody),
        TEST(a_jwt_renames_once_in_an_interval),
        TEST(who_was_removed_is_admitted_again),
        TEST(a_time_in_the_future_holds_nobody_up),
        TEST(a_jwt_for_a_workspace_that_is_not_there_needs_no_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
