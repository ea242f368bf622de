/* SPDX-License-Identifier: ISC */
/* From an older schema to this one, by one process or by many, all or nothing. */
#include "directory/policies.h"
#include "directory/sql.h"
#include "fixture.h"

static int place(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    fixture_path(self);
    *state = self;
    return 0;
}

static int newest(void)
{
    int version = 0;
    for (const struct migration *step = migrations; step->version != 0; step++)
        version = step->version;
    return version;
}

static void a_new_database_has_the_newest_version(void **state)
{
    struct fixture *self = *state;
    fixture_open(self);
    assert_int_equal(number_of(self, "PRAGMA user_version"), newest());
}

static void versions_follow_each_other_without_a_gap(void **state)
{
    (void)state;
    int expected = 1;
    for (const struct migration *step = migrations; step->version != 0; step++)
        assert_int_equal(step->version, expected++);
}

static void the_first_version_is_brought_up_with_what_it_holds(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    elsewhere(self, migrations[0].sql);
    elsewhere(self, "PRAGMA user_version = 1;"
                    "INSERT INTO workspace (id, name, created_ms) VALUES ('old', 'Old', 1);"
                    "INSERT INTO user VALUES ('u1', 1); INSERT INTO member VALUES ('old', 'u1', 'Name', 'member', 1)");
    fixture_open(self);
    assert_int_equal(number_of(self, "PRAGMA user_version"), newest());
    each_member(self->directory, "old", NULL, 10, add_member, &list);
    assert_string_equal(list.text, "u1=Name/member;");
    int64_t before = directory_revision(self->directory);
    directory_delete_member(self->directory, "old", "u1", NULL, NULL);
    assert_true(directory_revision(self->directory) > before);
}

/* A database as the versions up to VERSION made it. */
static void make_version(struct fixture *self, int version)
{
    char pragma[64];
    for (const struct migration *step = migrations; step->version != 0 && step->version <= version; step++)
        elsewhere(self, step->sql);
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version);
    elsewhere(self, pragma);
}

static void the_version_before_layers_is_brought_up_with_nobody_invisible(void **state)
{
    struct fixture *self = *state;
    struct status_policy policy;
    make_version(self, 5);
    elsewhere(self, "INSERT INTO workspace (id, name, created_ms) VALUES ('old', 'Old', 1);"
                    "INSERT INTO member VALUES ('old', 'u1', 'Name', 'member', 1)");
    struct directory *directory = fixture_open(self);
    assert_int_equal(number_of(self, "PRAGMA user_version"), newest());
    assert_int_equal(directory_is_member(directory, "old", "u1"), DIRECTORY_OK);
    assert_int_equal(directory_get_policy(directory, "old", &policy), DIRECTORY_OK);
    assert_int_equal(policy.invisible, INVISIBLE_ALLOWED);
    assert_int_equal(policy.last_seen, SEEN_EXACT);
    assert_true(policy.messages);
    assert_int_equal(number_of(self, "SELECT count(*) FROM status"), 0);
    elsewhere(self, "DELETE FROM workspace");
    assert_int_equal(number_of(self, "SELECT count(*) FROM member"), 0);
}

/* What a binary of that version does, which knows no later steps. */
static void a_binary_without_layers_refuses_a_database_with_them(void **state)
{
    struct fixture *self = *state;
    struct migration known[6] = {{0}};
    memcpy(known, migrations, 5 * sizeof *known);
    fixture_open(self);
    assert_int_equal(migrate_check(&self->directory->db, known), DIRECTORY_BROKEN);
    assert_non_null(strstr(directory_error(self->directory), "made by a newer rollcalld"));
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "PRAGMA user_version = 1000; CREATE TABLE later (x)");
    assert_null(directory_open(self->path, self->error, sizeof self->error));
    assert_non_null(strstr(self->error, "1000"));
    assert_non_null(strstr(self->error, self->path));
    assert_non_null(strstr(self->error, "newer rollcalld"));
    assert_int_equal(number_of(self, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void a_database_of_somebody_else_is_refused_and_left_alone(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "CREATE TABLE theirs (x)");
    assert_null(directory_open(self->path, self->error, sizeof self->error));
    assert_non_null(strstr(self->error, "not Rollcall's"));
    assert_int_equal(number_of(self, "SELECT count(*) FROM sqlite_schema"), 1);
}

/* As `.dump` and what it is read into leave a database: all of it, but the version. */
static void make_dump(struct fixture *self, int version)
{
    for (const struct migration *step = migrations; step->version != 0; step++)
        if (step->version <= version)
            elsewhere(self, step->sql);
    elsewhere(self, "INSERT INTO workspace (id, name, created_ms) VALUES ('old', 'Old', 1);"
                    "INSERT INTO user VALUES ('u1', 1); INSERT INTO member VALUES ('old', 'u1', 'Name', 'member', 1)");
    assert_int_equal(number_of(self, "PRAGMA user_version"), 0);
}

static void a_restored_dump_of_any_version_is_taken(void **state)
{
    struct fixture *self = *state;
    for (int version = 1; version <= newest(); version++) {
        snprintf(self->path, sizeof self->path, "%s/%d.db", self->root, version);
        make_dump(self, version);
        struct directory *directory = directory_open(self->path, self->error, sizeof self->error);
        assert_non_null(directory);
        assert_int_equal(number_of(self, "PRAGMA user_version"), newest());
        assert_int_equal(directory_is_member(directory, "old", "u1"), DIRECTORY_OK);
        directory_close(directory);
    }
}

static void what_a_partial_dump_lacks_is_named(void **state)
{
    struct fixture *self = *state;
    static const struct {
        const char *spoil, *named;
    } rows[] = {
        {"DROP TABLE revision", "lacks the table revision"},
        {"DROP TRIGGER token_removed", "lacks the trigger token_removed"},
        {"DROP INDEX dm_pair", "lacks the index dm_pair"},
        {"ALTER TABLE dm DROP COLUMN name", "lacks the column dm.name TEXT"},
        {"DROP TABLE dm_participant; CREATE TABLE dm_participant (workspace TEXT NOT NULL, dm INTEGER NOT NULL, "
         "user TEXT NOT NULL, PRIMARY KEY (workspace, dm, user)) STRICT, WITHOUT ROWID",
         "lacks the reference from dm_participant to dm"},
        {"CREATE TABLE lost_and_found (x)", "holds the table lost_and_found, which is not Rollcall's"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(self->path, sizeof self->path, "%s/%zu.db", self->root, i);
        make_dump(self, newest());
        elsewhere(self, rows[i].spoil);
        assert_null(directory_open(self->path, self->error, sizeof self->error));
        if (strstr(self->error, rows[i].named) == NULL)
            fail_msg("\"%s\" does not say %s", self->error, rows[i].named);
        assert_int_equal(number_of(self, "PRAGMA user_version"), 0);
    }
}

static void a_version_alone_does_not_make_a_database_ours(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "PRAGMA user_version = 1; CREATE TABLE theirs (x)");
    assert_null(directory_open(self->path, self->error, sizeof self->error));
    assert_non_null(strstr(self->error, "lacks"));
    assert_int_equal(number_of(self, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void a_step_that_fails_leaves_nothing_of_the_others(void **state)
{
    struct fixture *self = *state;
    const struct migration steps[] = {
        {newest() + 1, "good", "CREATE TABLE good (x);"},
        {newest() + 2, "bad", "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);"},
        {0, NULL, NULL},
    };
    fixture_open(self);
    assert_int_equal(migrate_run(&self->directory->db, steps), DIRECTORY_BROKEN);
    assert_int_equal(number_of(self, "PRAGMA user_version"), newest());
    assert_int_equal(number_of(self, "SELECT count(*) FROM sqlite_schema WHERE name IN ('good', 'half')"), 0);
    assert_true(sqlite3_get_autocommit(self->directory->db.handle));
}

static void steps_are_applied_once(void **state)
{
    struct fixture *self = *state;
    const struct migration steps[] = {
        {newest() + 1, "count", "CREATE TABLE counted (x); INSERT INTO counted VALUES (1);"},
        {0, NULL, NULL},
    };
    fixture_open(self);
    assert_int_equal(migrate_run(&self->directory->db, steps), DIRECTORY_OK);
    assert_int_equal(migrate_run(&self->directory->db, steps), DIRECTORY_OK);
    assert_int_equal(number_of(self, "SELECT count(*) FROM counted"), 1);
}

/* Waits for the parent to close the pipe, so that all begin at once. */
static void open_in_child(struct fixture *self, int gate)
{
    char byte;
    if (read(gate, &byte, 1) != 0)
        _exit(2);
    struct directory *directory = directory_open(self->path, self->error, sizeof self->error);
    if (directory == NULL)
        fprintf(stderr, "%s\n", self->error);
    enum directory_result result = DIRECTORY_BUSY; /* as long as another one is stopped while it writes */
    while (directory != NULL && result == DIRECTORY_BUSY && sqlite3_sleep(5) > 0)
        result = directory_put_workspace(directory, "acme", NULL, NULL);
    bool good = directory != NULL && result <= DIRECTORY_CREATED;
    directory_close(directory);
    _exit(good ? 0 : 1);
}

static void open_at_once(struct fixture *self)
{
    enum { PROCESSES = 6 };
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid > 0)
            continue;
        close(gate[1]);
        open_in_child(self, gate[0]);
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(number_of(self, "SELECT count(*) FROM workspace"), 1);
    assert_int_equal(number_of(self, "PRAGMA user_version"), newest());
}

static void many_processes_may_open_a_new_database_at_once(void **state)
{
    struct fixture *self = *state;
    for (int round = 0; round < 5; round++) {
        snprintf(self->path, sizeof self->path, "%s/%d.db", self->root, round);
        open_at_once(self);
    }
}

/* What two processes that start at once come to is left to chance above; this is the one that comes second. */
static void steps_that_another_process_is_applying_are_waited_for(void **state)
{
    struct fixture *self = *state;
    const struct migration steps[] = {
        {newest() + 1, "count", "CREATE TABLE counted (x); INSERT INTO counted VALUES (1);"},
        {0, NULL, NULL},
    };
    sqlite3 *other = NULL;
    fixture_open(self);
    sqlite3_busy_timeout(self->directory->db.handle, 1);
    sqlite3_open(self->path, &other);
    sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    assert_int_equal(migrate_run(&self->directory->db, steps), DIRECTORY_BUSY);
    sqlite3_exec(other, steps[0].sql, NULL, NULL, NULL);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d; COMMIT", newest() + 1);
    assert_int_equal(sqlite3_exec(other, pragma, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(migrate_run(&self->directory->db, steps), DIRECTORY_OK);
    assert_int_equal(number_of(self, "SELECT count(*) FROM counted"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_new_database_has_the_newest_version),
        TEST(versions_follow_each_other_without_a_gap),
        TEST(the_first_version_is_brought_up_with_what_it_holds),
        TEST(the_version_before_layers_is_brought_up_with_nobody_invisible),
        TEST(a_binary_without_layers_refuses_a_database_with_them),
        TEST(a_newer_schema_is_refused_and_left_alone),
        TEST(a_database_of_somebody_else_is_refused_and_left_alone),
        TEST(a_restored_dump_of_any_version_is_taken),
        TEST(what_a_partial_dump_lacks_is_named),
        TEST(a_version_alone_does_not_make_a_database_ours),
        TEST(a_step_that_fails_leaves_nothing_of_the_others),
        TEST(steps_are_applied_once),
        TEST(many_processes_may_open_a_new_database_at_once),
        TEST(steps_that_another_process_is_applying_are_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
