/* SPDX-License-Identifier: ISC */
/* Many members at once: all of them, or none. */
#include "base/limits.h"
#include "fixture.h"

static void what_is_new_and_what_is_different_is_counted(void **state)
{
    struct fixture *self = *state;
    size_t added;
    size_t changed;
    assert_int_equal(directory_import_begin(self->directory, "acme"), DIRECTORY_OK);
    assert_int_equal(import_add(self->directory, "n1", "New", NULL, NULL), DIRECTORY_CREATED);
    assert_int_equal(import_add(self->directory, "u1", "Ursula", NULL, NULL), DIRECTORY_OK);
    assert_int_equal(import_add(self->directory, "u2", "Other", "guest", NULL), DIRECTORY_OK);
    assert_int_equal(directory_import_end(self->directory, true, &added, &changed), DIRECTORY_OK);
    assert_int_equal(added, 1);
    assert_int_equal(changed, 1);
    assert_int_equal(number_of(self, "SELECT count(*) FROM member"), 4);
}

static void without_commit_nothing_of_it_stays(void **state)
{
    struct fixture *self = *state;
    size_t added;
    size_t changed;
    directory_import_begin(self->directory, "acme");
    import_add(self->directory, "n1", NULL, NULL, NULL);
    assert_int_equal(directory_import_end(self->directory, false, &added, &changed), DIRECTORY_OK);
    assert_int_equal(added + changed, 0);
    assert_int_equal(directory_is_member(self->directory, "acme", "n1"), DIRECTORY_NOT_FOUND);
}

static void one_bad_line_spoils_it_all(void **state)
{
    struct fixture *self = *state;
    size_t added;
    size_t changed;
    directory_import_begin(self->directory, "acme");
    import_add(self->directory, "n1", NULL, NULL, NULL);
    assert_int_equal(import_add(self->directory, "n2", NULL, "No Role", NULL), DIRECTORY_INVALID);
    assert_int_equal(import_add(self->directory, "n3", NULL, NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(directory_import_end(self->directory, true, &added, &changed), DIRECTORY_INVALID);
    assert_int_equal(number_of(self, "SELECT count(*) FROM member"), 3);
}

static void a_workspace_that_is_not_there_is_not_found(void **state)
{
    struct fixture *self = *state;
    size_t added;
    size_t changed;
    assert_int_equal(directory_import_begin(self->directory, "beta"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_import_end(self->directory, true, &added, &changed), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_put_workspace(self->directory, "beta", NULL, NULL), DIRECTORY_CREATED);
}

static void lines_are_capped(void **state)
{
    struct fixture *self = *state;
    size_t added;
    size_t changed;
    directory_import_begin(self->directory, "acme");
    for (int i = 0; i < LIMIT_IMPORT_LINES; i++)
        assert_int_equal(import_add(self->directory, "u1", NULL, NULL, NULL), DIRECTORY_OK);
    assert_int_equal(import_add(self->directory, "u1", NULL, NULL, NULL), DIRECTORY_LIMIT);
    assert_int_equal(directory_import_end(self->directory, true, &added, &changed), DIRECTORY_LIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_new_and_what_is_different_is_counted),
        TEST(without_commit_nothing_of_it_stays),
        TEST(one_bad_line_spoils_it_all),
        TEST(a_workspace_that_is_not_there_is_not_found),
        TEST(lines_are_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
