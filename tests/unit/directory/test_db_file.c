/* SPDX-License-Identifier: ISC */
/* Messages about a database that cannot be used: each names the path, the reason, and what to do. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static int place(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    fixture_path(self);
    *state = self;
    return 0;
}

/* Root may write anything: if the tests run as root, permissions are tried as nobody. */
static void be_somebody(void)
{
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
}

static void be_oneself(void)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

static void refused(struct fixture *self, const char *path, const char *reason)
{
    struct directory *directory = directory_open(path, self->error, sizeof self->error);
    assert_null(directory);
    if (strstr(self->error, path) == NULL || strstr(self->error, reason) == NULL)
        fail_msg("\"%s\" does not name %s and %s", self->error, path, reason);
}

static void a_missing_directory_is_named(void **state)
{
    struct fixture *self = *state;
    char path[200];
    snprintf(path, sizeof path, "%s/missing/rollcall.db", self->root);
    refused(self, path, "create it");
}

static void a_file_in_place_of_the_directory_is_named(void **state)
{
    struct fixture *self = *state;
    char path[200];
    close(open(self->path, O_CREAT | O_WRONLY, 0600));
    snprintf(path, sizeof path, "%s/deeper.db", self->path);
    refused(self, path, "is a file, not the directory");
}

static void a_directory_in_place_of_the_file_is_named(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(mkdir(self->path, 0700), 0);
    refused(self, self->path, "not a regular file");
}

static void a_file_system_that_takes_no_files_is_named(void **state)
{
    refused(*state, "/proc/rollcall.db", "cannot be");
}

static void a_directory_without_write_right_is_named(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(chmod(self->root, 0555), 0);
    be_somebody();
    refused(self, self->path, "cannot be written by uid");
    be_oneself();
    assert_int_equal(chmod(self->root, 0755), 0);
}

static void a_file_without_write_right_is_named(void **state)
{
    struct fixture *self = *state;
    close(open(self->path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(chmod(self->path, 0444), 0);
    assert_int_equal(chmod(self->root, 0777), 0);
    be_somebody();
    refused(self, self->path, "belongs to uid");
    be_oneself();
}

static void a_wal_of_somebody_else_is_named(void **state)
{
    struct fixture *self = *state;
    char wal[200];
    snprintf(wal, sizeof wal, "%s-wal", self->path);
    close(open(wal, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(chmod(wal, 0), 0);
    close(open(self->path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(chmod(self->path, 0666), 0);
    assert_int_equal(chmod(self->root, 0777), 0);
    be_somebody();
    refused(self, wal, "belongs to uid");
    be_oneself();
}

static void what_is_no_database_is_said_so(void **state)
{
    struct fixture *self = *state;
    FILE *file = fopen(self->path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    refused(self, self->path, "not an SQLite database");
}

static void a_damaged_header_is_said_so(void **state)
{
    struct fixture *self = *state;
    fixture_open(self);
    directory_close(self->directory);
    self->directory = NULL;
    int fd = open(self->path, O_WRONLY);
    assert_int_equal(pwrite(fd, "GARBAGE GARBAGE GARBAGE", 23, 0), 23);
    close(fd);
    refused(self, self->path, "restore it from a backup");
}

static void an_empty_file_becomes_a_database(void **state)
{
    struct fixture *self = *state;
    close(open(self->path, O_CREAT | O_WRONLY, 0600));
    fixture_open(self);
    assert_int_equal(number_of(self, "SELECT count(*) FROM token"), 0);
}

static void a_new_database_is_nobody_elses_to_read(void **state)
{
    struct fixture *self = *state;
    struct stat is;
    fixture_open(self);
    assert_int_equal(stat(self->path, &is), 0);
    assert_int_equal(is.st_mode & 07, 0);
}

static void root_makes_it_for_the_owner_of_the_directory(void **state)
{
    struct fixture *self = *state;
    struct stat is;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(self->root, 65534, 65534), 0);
    fixture_open(self);
    assert_int_equal(stat(self->path, &is), 0);
    assert_int_equal(is.st_uid, 65534);
    be_somebody();
    struct directory *second = directory_open(self->path, self->error, sizeof self->error);
    be_oneself();
    if (second == NULL)
        fail_msg("%s", self->error);
    directory_close(second);
}

static void a_symbolic_link_is_followed(void **state)
{
    struct fixture *self = *state;
    char link[200];
    fixture_open(self);
    snprintf(link, sizeof link, "%s/link.db", self->root);
    assert_int_equal(symlink(self->path, link), 0);
    struct directory *second = directory_open(link, self->error, sizeof self->error);
    assert_non_null(second);
    directory_put_workspace(second, "acme", NULL, NULL);
    assert_int_equal(directory_put_workspace(self->directory, "acme", NULL, NULL), DIRECTORY_OK);
    directory_close(second);
}

/* As some network file systems are: SQLite's locks by files beside the database have no shared memory either. */
static void a_file_system_without_shared_memory_is_said(void **state)
{
    struct fixture *self = *state;
    sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
    assert_int_equal(sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1), SQLITE_OK);
    refused(self, self->path,
            "cannot be kept in WAL mode: its file system has no shared memory; move it to a local disk");
    assert_int_equal(sqlite3_vfs_register(usual, 1), SQLITE_OK);
    fixture_open(self);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_missing_directory_is_named),
        TEST(a_file_in_place_of_the_directory_is_named),
        TEST(a_directory_in_place_of_the_file_is_named),
        TEST(a_file_system_that_takes_no_files_is_named),
        TEST(a_directory_without_write_right_is_named),
        TEST(a_file_without_write_right_is_named),
        TEST(a_wal_of_somebody_else_is_named),
        TEST(what_is_no_database_is_said_so),
        TEST(a_damaged_header_is_said_so),
        TEST(an_empty_file_becomes_a_database),
        TEST(a_new_database_is_nobody_elses_to_read),
        TEST(root_makes_it_for_the_owner_of_the_directory),
        TEST(a_symbolic_link_is_followed),
        TEST(a_file_system_without_shared_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
