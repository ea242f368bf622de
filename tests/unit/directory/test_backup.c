/* SPDX-License-Identifier: ISC */
/* A backup is whole or is not there, and never takes the place of what it must not. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int begin(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    fixture_path(self);
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

/* Runs FN(CTX) in a process of a user who is not root; it has to return 0. */
static void as_other(int (*fn)(void *ctx), void *ctx)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0) ? 2 : fn(ctx));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
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
    close(open(beside(self, "copy"), O_CREAT | O_WRONLY, 0644)); /* as mktemp(1) leaves it */
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    struct stat is;
    assert_int_equal(stat(beside(self, "copy"), &is), 0);
    assert_true(is.st_size > 0);
}

static void a_backup_is_made_while_a_writer_is_at_work(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(transaction_begin(&self->directory->db), DIRECTORY_OK);
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    transaction_end(&self->directory->db, DIRECTORY_OK);
}

static void the_database_and_what_is_beside_it_are_refused_by_any_name(void **state)
{
    struct fixture *self = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char own[220], other[220], cwd[200];
    assert_non_null(getcwd(cwd, sizeof cwd));
    for (size_t i = 0; i < 4; i++) {
        struct stat before = {0}, after = {0};
        snprintf(own, sizeof own, "%s%s", self->path, suffixes[i]);
        int missing = stat(own, &before);
        refused(self, own, "itself or a part of it");
        snprintf(other, sizeof other, "%s/../%s/rollcall.db%s", self->root, strrchr(self->root, '/') + 1, suffixes[i]);
        refused(self, other, "itself or a part of it");
        assert_int_equal(chdir(self->root), 0);
        snprintf(other, sizeof other, "rollcall.db%s", suffixes[i]);
        refused(self, other, "itself or a part of it");
        assert_int_equal(chdir(cwd), 0);
        assert_int_equal(stat(own, &after), missing);
        assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size);
        if (missing)
            continue;
        assert_int_equal(symlink(own, beside(self, "symbolic")), 0);
        refused(self, beside(self, "symbolic"), "itself or a part of it");
        assert_int_equal(link(own, beside(self, "hard")), 0);
        refused(self, beside(self, "hard"), "itself or a part of it");
        unlink(beside(self, "symbolic"));
        unlink(beside(self, "hard"));
    }
}

static void a_database_that_is_called_as_the_part_of_a_backup_is_left_alone(void **state)
{
    struct fixture *self = *state;
    char path[200], out[200];
    snprintf(path, sizeof path, "%s/copy.part", self->root);
    snprintf(out, sizeof out, "%s/copy", self->root);
    directory_close(directory_open(path, self->error, sizeof self->error));
    assert_false(directory_backup(path, out, self->error, sizeof self->error));
    assert_true(is_there(path));
}

static void a_file_that_is_no_backup_is_not_replaced(void **state)
{
    struct fixture *self = *state;
    struct stat is;
    int fd = open(beside(self, "copy"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "listen = \"/run/rollcall.sock\"\n", 31), 31);
    close(fd);
    refused(self, beside(self, "copy"), "is not a backup");
    assert_int_equal(stat(beside(self, "copy"), &is), 0);
    assert_int_equal(is.st_size, 31);
    unlink(beside(self, "copy"));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(beside(self, "copy"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE theirs (x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refused(self, beside(self, "copy"), "is not a backup");
}

static void a_database_of_somebody_else_is_not_replaced_whatever_its_name_is(void **state)
{
    struct fixture *self = *state;
    static const char *const names[] = {"50%.db", "what?.db", "#1.db", "%3F"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(beside(self, names[i]), &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "CREATE TABLE theirs (x)", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        refused(self, beside(self, names[i]), "is not a backup");
        unlink(beside(self, names[i]));
        assert_true(directory_backup(self->path, beside(self, names[i]), self->error, sizeof self->error));
        assert_true(directory_backup(self->path, beside(self, names[i]), self->error, sizeof self->error));
    }
}

static void what_is_no_regular_file_is_refused(void **state)
{
    struct fixture *self = *state;
    refused(self, self->root, "not a regular file");
    refused(self, "/dev/null", "not a regular file");
    assert_int_equal(mkfifo(beside(self, "fifo"), 0600), 0);
    refused(self, beside(self, "fifo"), "not a regular file");
    assert_int_equal(mkdir(beside(self, "copy.part"), 0700), 0);
    refused(self, beside(self, "copy"), "copy.part: is not a regular file");
    rmdir(beside(self, "copy.part"));
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

static void a_link_in_the_place_of_a_backup_is_not_followed(void **state)
{
    struct fixture *self = *state;
    char other[200];
    snprintf(other, sizeof other, "%s/other", self->root);
    assert_true(directory_backup(self->path, other, self->error, sizeof self->error));
    assert_int_equal(symlink(other, beside(self, "copy")), 0);
    refused(self, beside(self, "copy"), "is a symbolic link");
    unlink(beside(self, "copy"));
    /* One that was left where it is written first is not written through. */
    struct stat before, after;
    assert_int_equal(stat(other, &before), 0);
    assert_int_equal(symlink(other, beside(self, "copy.part")), 0);
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    assert_int_equal(stat(other, &after), 0);
    assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

static void a_backup_may_go_by_a_link_to_its_directory(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(symlink(self->root, beside(self, "link")), 0);
    assert_true(directory_backup(self->path, beside(self, "link/copy"), self->error, sizeof self->error));
    assert_true(is_there(beside(self, "copy")));
}

static void a_damaged_database_leaves_the_older_backup_alone(void **state)
{
    struct fixture *self = *state;
    char junk[8192];
    memset(junk, 'x', sizeof junk);
    int fd = open(beside(self, "damaged"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    struct stat before, after;
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    assert_int_equal(stat(beside(self, "copy"), &before), 0);
    char damaged[200];
    snprintf(damaged, sizeof damaged, "%s/damaged", self->root);
    assert_false(directory_backup(damaged, beside(self, "copy"), self->error, sizeof self->error));
    assert_int_equal(stat(beside(self, "copy"), &after), 0);
    assert_true(before.st_ino == after.st_ino);
}

/* Overwrites the table of members, but not what says where it is. */
static void damage_members(struct fixture *self)
{
    char junk[4096];
    memset(junk, 0x5a, sizeof junk);
    elsewhere(self, "PRAGMA wal_checkpoint(TRUNCATE)");
    int64_t size = number_of(self, "PRAGMA page_size");
    int64_t page = number_of(self, "SELECT rootpage FROM sqlite_schema WHERE name = 'member'");
    assert_true(size <= (int64_t)sizeof junk);
    int fd = open(self->path, O_WRONLY);
    assert_int_equal(pwrite(fd, junk, (size_t)size, (page - 1) * size), size);
    close(fd);
}

static void what_would_be_a_damaged_backup_is_none(void **state)
{
    struct fixture *self = *state;
    struct stat before, after;
    assert_true(directory_backup(self->path, beside(self, "copy"), self->error, sizeof self->error));
    assert_int_equal(stat(beside(self, "copy"), &before), 0);
    damage_members(self);
    refused(self, beside(self, "copy"), "rollcall.db: its copy is incomplete: the database is damaged");
    assert_int_equal(stat(beside(self, "copy"), &after), 0);
    assert_true(before.st_ino == after.st_ino);
    assert_false(is_there(beside(self, "copy.part")));
}

static void a_directory_in_the_place_of_the_database_is_said(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(mkdir(beside(self, "folder"), 0700), 0);
    char folder[200];
    snprintf(folder, sizeof folder, "%s", beside(self, "folder"));
    assert_false(directory_backup(folder, beside(self, "copy"), self->error, sizeof self->error));
    assert_non_null(strstr(self->error, "folder: unable to open database file"));
    assert_false(is_there(beside(self, "copy")) || is_there(beside(self, "copy.part")));
}

static void a_file_in_the_place_of_a_directory_is_said(void **state)
{
    struct fixture *self = *state;
    close(open(beside(self, "file"), O_CREAT | O_WRONLY, 0600));
    refused(self, beside(self, "file/copy"), "file/copy.part: Not a directory");
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct fixture *self = *state;
    static char name[5000];
    memset(name, 'x', sizeof name - 1);
    name[0] = '/';
    refused(self, name, "/xxxx"); /* which leaves no room for more */
}

static void a_database_that_is_not_there_is_said(void **state)
{
    struct fixture *self = *state;
    assert_false(directory_backup(beside(self, "none"), "/tmp/never", self->error, sizeof self->error));
    assert_non_null(strstr(self->error, "No such file or directory"));
    assert_false(is_there("/tmp/never"));
}

/* As a user who is not root: into a directory that is not theirs, and over a file that is not. */
static int back_up_as_other(void *ctx)
{
    struct fixture *self = ctx;
    if (directory_backup(self->path, beside(self, "locked/copy"), self->error, sizeof self->error) ||
        !strstr(self->error, "copy.part: Permission denied"))
        return 3;
    if (directory_backup(self->path, beside(self, "secret"), self->error, sizeof self->error) ||
        !strstr(self->error, "secret: Permission denied"))
        return 4;
    return 0;
}

static void places_of_others_are_said(void **state)
{
    struct fixture *self = *state;
    int fd = open(beside(self, "secret"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, "secret", 6) == 6);
    close(fd);
    assert_int_equal(chmod(beside(self, "secret"), 0), 0);
    assert_int_equal(mkdir(beside(self, "locked"), 0555), 0);
    assert_int_equal(chmod(self->root, 0755), 0);
    as_other(back_up_as_other, self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_backup_opens_with_all_that_was_written_before, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_is_one_file_that_only_its_maker_reads, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_replaces_the_one_before, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_is_made_while_a_writer_is_at_work, begin, end),
        cmocka_unit_test_setup_teardown(the_database_and_what_is_beside_it_are_refused_by_any_name, begin, end),
        cmocka_unit_test_setup_teardown(a_database_that_is_called_as_the_part_of_a_backup_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_backup_is_not_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_database_of_somebody_else_is_not_replaced_whatever_its_name_is, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_somebody_has_open_as_a_database_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_that_is_not_there_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_link_in_the_place_of_a_backup_is_not_followed, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_may_go_by_a_link_to_its_directory, begin, end),
        cmocka_unit_test_setup_teardown(a_damaged_database_leaves_the_older_backup_alone, begin, end),
        cmocka_unit_test_setup_teardown(what_would_be_a_damaged_backup_is_none, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_in_the_place_of_the_database_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_file_in_the_place_of_a_directory_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_path_that_is_too_long_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_database_that_is_not_there_is_said, begin, end),
        cmocka_unit_test_setup_teardown(places_of_others_are_said, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
