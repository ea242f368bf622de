/* SPDX-License-Identifier: ISC */
/* A backup is whole or is not there, and never takes the place of what it must not. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static int begin(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    fixture_place(self);
    fixture_open(self);
    assert_int_equal(directory_put_workspace(self->directory, "acme", NULL, NULL), DIRECTORY_CREATED);
    *state = self;
    return 0;
}

static int end(void **state)
{
    struct fixture *self = *state;
    fixture_fini(self);
    free(self);
    return 0;
}

static const char *beside(struct fixture *self, const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", self->root, name);
    return path;
}

static void refused(struct fixture *self, const char *out, const char *reason)
{
    assert_false(directory_backup(self->path, out, self->error, sizeof self->error));
    if (strstr(self->error, reason) == NULL)
        fail_msg("\"%s\" does not say %s", self->error, reason);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void a_backup_opens_with_all_that_was_written_before(void **state)
{
    struct fixture *self = *state;
    struct directory *copy;
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    copy = directory_open(beside(self, "copy"), self->error, sizeof self->error);
    assert_non_null(copy);
    assert_int_equal(directory_put_workspace(copy, "acme", NULL, NULL), DIRECTORY_OK);
    directory_close(copy);
}

static void a_backup_is_one_file_that_only_its_maker_reads(void **state)
{
    struct fixture *self = *state;
    struct stat is;
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    assert_int_equal(stat(beside(self, "copy"), &is), 0);
    assert_int_equal(is.st_mode & 0777, 0600);
    assert_false(is_there(beside(self, "copy-wal")));
    assert_false(is_there(beside(self, "copy.part")));
}

static void a_backup_replaces_the_one_before(void **state)
{
    struct fixture *self = *state;
    close(open(beside(self, "copy"), O_CREAT | O_WRONLY, 0644));
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    struct stat is;
    assert_int_equal(stat(beside(self, "copy"), &is), 0);
    assert_true(is.st_size > 0);
}

static void a_backup_is_made_while_a_writer_is_at_work(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(transaction_begin(self->directory), DIRECTORY_OK);
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    transaction_end(self->directory, DIRECTORY_OK);
}

static void the_database_itself_is_refused(void **state)
{
    struct fixture *self = *state;
    refused(self, self->path, "itself");
}

static void a_file_that_somebody_has_open_as_a_database_is_refused(void **state)
{
    struct fixture *self = *state;
    close(open(beside(self, "copy-wal"), O_CREAT | O_WRONLY, 0600));
    refused(self, beside(self, "copy"), "in use");
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    struct fixture *self = *state;
    refused(self, beside(self, "missing/copy"), "missing/copy");
}

static void a_damaged_database_leaves_the_older_backup_alone(void **state)
{
    struct fixture *self = *state;
    char junk[8192];
    memset(junk, 'x', sizeof junk);
    int fd = open(beside(self, "damaged"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    fd = open(beside(self, "copy"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "old", 3), 3);
    close(fd);
    char damaged[200];
    snprintf(damaged, sizeof damaged, "%s/damaged", self->root);
    assert_false(directory_backup(damaged, beside(self, "copy"), self->error, sizeof self->error));
    struct stat is;
    assert_int_equal(stat(beside(self, "copy"), &is), 0);
    assert_int_equal(is.st_size, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_backup_opens_with_all_that_was_written_before, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_is_one_file_that_only_its_maker_reads, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_replaces_the_one_before, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_is_made_while_a_writer_is_at_work, begin, end),
        cmocka_unit_test_setup_teardown(the_database_itself_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_somebody_has_open_as_a_database_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_that_is_not_there_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_damaged_database_leaves_the_older_backup_alone, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
