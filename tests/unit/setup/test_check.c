/* SPDX-License-Identifier: ISC */
/* A configuration whose files cannot be used is refused with the line that names them and what to do. */
#include "setup/check.h"

#include "base/conf.h"

#include "../scratch.h"

static char error[1024];

/* The configuration TEXT, read from a file in the directory. */
static struct conf *conf_of(struct scratch *scratch, const char *text)
{
    struct conf *conf = conf_load(scratch_write(scratch, "rollcall.conf", text, strlen(text)), error, sizeof error);
    if (!conf)
        fail_msg("%s", error);
    return conf;
}

/* What check_files() says of a configuration with LISTEN, a socket in the directory, and then DATABASE; "" if nothing. */
static const char *says(struct scratch *scratch, bool binds, const char *listen, const char *database)
{
    char text[1024];
    snprintf(text, sizeof text, "listen = \"%s/%s\"\ndatabase = \"%s/%s\"\nauth = {\"token\"}\n", scratch->dir, listen,
             scratch->dir, database);
    struct conf *conf = conf_of(scratch, text);
    error[0] = '\0';
    bool good = check_files(conf, binds, error, sizeof error);
    conf_free(conf);
    assert_true(good == (error[0] == '\0'));
    return error;
}

static void assert_says(const char *what)
{
    if (!strstr(error, what))
        fail_msg("\"%s\" is not in \"%s\"", what, error);
}

static void what_is_there_is_good(void **state)
{
    assert_string_equal(says(*state, true, "s", "db"), "");
    scratch_write(*state, "db", "", 0);
    assert_string_equal(says(*state, true, "s", "db"), "");
}

static void a_directory_that_is_missing_is_to_be_created(void **state)
{
    says(*state, true, "s", "none/db");
    assert_says("rollcall.conf:2: database: ");
    assert_says("/none/db: cannot access its directory: No such file or directory; create it for this user");
    says(*state, true, "none/s", "db");
    assert_says("rollcall.conf:1: listen: ");
    assert_string_equal(says(*state, false, "none/s", "db"), "");
}

static void a_file_in_the_place_of_a_directory_is_named(void **state)
{
    scratch_write(*state, "file", "", 0);
    says(*state, true, "s", "file/db");
    assert_says("/file is not a directory");
}

static void a_database_has_to_be_a_file(void **state)
{
    assert_int_equal(mkdir(scratch_path(*state, "db"), 0700), 0);
    says(*state, true, "s", "db");
    assert_says("/db is not a regular file");
}

static void a_link_to_itself_is_said(void **state)
{
    assert_int_equal(symlink("db", scratch_path(*state, "db")), 0);
    says(*state, true, "s", "db");
    assert_says("/db: Too many levels of symbolic links");
}

static int expect_of_others(void *ctx)
{
    struct scratch *scratch = ctx;
    char path[128];
    struct conf conf = {.path = scratch->path, .database = path, .listen = path};
    snprintf(path, sizeof path, "%s/locked/db", scratch->dir);
    if (check_files(&conf, true, error, sizeof error) || !strstr(error, "this user cannot write to its directory"))
        return 3;
    snprintf(path, sizeof path, "%s/open/db", scratch->dir);
    if (check_files(&conf, true, error, sizeof error) || !strstr(error, "this user cannot read and write it"))
        return 4;
    return 0;
}

static void files_of_others_are_said_to_be(void **state)
{
    struct scratch *scratch = *state;
    char db[128];
    assert_int_equal(chmod(scratch->dir, 0755), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "locked"), 0555), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "open"), 0777), 0);
    assert_int_equal(chmod(scratch->path, 0777), 0);
    snprintf(db, sizeof db, "%s", scratch_write(scratch, "open/db", "", 0));
    assert_int_equal(chmod(db, 0), 0);
    scratch_write(scratch, "rollcall.conf", "", 0);
    scratch_as_other(expect_of_others, scratch);
}

static void no_part_of_a_records_url_is_repeated(void **state)
{
    struct scratch *scratch = *state;
    static const char *const urls[] = {
        "postgresql://u:secret%zz@h/db", "postgresql://u:secret@[::1/db", "postgresql://u:secret/1@h/db",
        "postgresql://u:1@secret@h/db",  "postgres://u@h:secret/db",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char text[512];
        snprintf(text, sizeof text, "listen = \"%s/s\"\ndatabase = \"%s/db\"\nauth = {\"token\"}\nrecord = \"%s\"\n",
                 scratch->dir, scratch->dir, urls[i]);
        struct conf *conf = conf_of(scratch, text);
        if (check_files(conf, true, error, sizeof error) || strstr(error, "secret"))
            fail_msg("%s: %s", urls[i], error);
        assert_says("rollcall.conf:4: record: ");
        conf_free(conf);
    }
}

static void a_database_that_cannot_be_opened_is_said(void **state)
{
    struct scratch *scratch = *state;
    scratch_write(scratch, "db", "this is no database, and was never meant to be one by anybody", 61);
    char text[512];
    snprintf(text, sizeof text, "database = \"%s/db\"\n", scratch->dir);
    struct conf *conf = conf_of(scratch, text);
    assert_false(check_database(conf, error, sizeof error));
    assert_says("/db");
    conf_free(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_there_is_good, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_directory_that_is_missing_is_to_be_created, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_file_in_the_place_of_a_directory_is_named, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_database_has_to_be_a_file, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_link_to_itself_is_said, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(files_of_others_are_said_to_be, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(no_part_of_a_records_url_is_repeated, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_cannot_be_opened_is_said, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
