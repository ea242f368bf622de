/* SPDX-License-Identifier: ISC */
/*
 * A shell that does not enforce foreign keys: what depends on a row is still removed with it, and orphans from before
 * are removed.
 */
#include "fixture.h"

static const char *const three[] = {"u1", "u2", "u3"};
static const char *const pair[] = {"u1", "u2"};

static int64_t rows(struct fixture *self)
{
    return number_of(self, "SELECT (SELECT count(*) FROM member) + (SELECT count(*) FROM dm) + "
                           "(SELECT count(*) FROM dm_participant) + (SELECT count(*) FROM token)");
}

static int64_t orphans(struct fixture *self)
{
    return number_of(self, "SELECT count(*) FROM pragma_foreign_key_check");
}

/* A group, a 1:1 and a token for each, beside what the fixture has. */
static void fill(struct fixture *self)
{
    unsigned char hash[DIRECTORY_HASH_BYTES] = {0};
    int64_t id;
    open_dm(self->directory, "acme", three, 3, NULL, &id, NULL);
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    for (size_t i = 0; i < 3; i++) {
        hash[0] = (unsigned char)(i + 1);
        grant_token(self->directory, hash, three[i], NULL, 0, &id);
    }
}

static void a_workspace_that_a_shell_deletes_leaves_nothing(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    fill(self);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    elsewhere(self, "PRAGMA foreign_keys = OFF; DELETE FROM workspace WHERE id = 'acme'");
    let_time_pass(self->directory);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(rows(self), 3); /* the tokens, which belong to no workspace */
    directory_put_workspace(self->directory, "acme", NULL, NULL);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
    each_member(self->directory, "acme", NULL, 10, add_member, &list);
    assert_string_equal(list.text, "");
}

static void a_user_whom_a_shell_deletes_is_gone_everywhere(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    fill(self);
    elsewhere(self, "PRAGMA foreign_keys = OFF; DELETE FROM user WHERE id = 'u1'");
    let_time_pass(self->directory);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
    directory_each_token(self->directory, 0, 10, add_token, &list);
    assert_string_equal(list.text, "2 u2 ;3 u3 ;");
    assert_int_equal(orphans(self), 0);
}

static void a_member_whom_a_shell_deletes_is_in_no_dm_when_taken_in_again(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    fill(self);
    elsewhere(self, "PRAGMA foreign_keys = OFF; DELETE FROM member WHERE user = 'u1'");
    put_member(self->directory, "acme", "u1", NULL, NULL, NULL);
    list_dms(self->directory, NULL, 0, 10, &list);
    assert_string_equal(list.text, "1 - group: u2 u3;");
    assert_int_equal(orphans(self), 0);
}

static void a_dm_that_a_shell_deletes_leaves_nothing(void **state)
{
    struct fixture *self = *state;
    fill(self);
    elsewhere(self, "PRAGMA foreign_keys = OFF; DELETE FROM dm");
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm_participant"), 0);
}

/* Each table that refers to another has a row here: a foreign key that has no trigger beside it is found. */
static void nothing_that_a_shell_deletes_leaves_an_orphan(void **state)
{
    struct fixture *self = *state;
    static const char *const deeds[] = {"DELETE FROM dm", "DELETE FROM member", "DELETE FROM user",
                                        "DELETE FROM workspace"};
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (i > 0) {
            teardown(state);
            setup(state);
            self = *state;
        }
        fill(self);
        elsewhere(self, "INSERT INTO named VALUES ('acme', 'u1', 1, 1);"
                        "INSERT INTO opening VALUES ('acme', 'u1', 'key', 2, 1, 1);"
                        "INSERT INTO status (workspace, user, rev, changed_ms) VALUES ('acme', 'u1', 1, 1);"
                        "INSERT INTO layer (workspace, user, kind, set_ms) VALUES ('acme', 'u1', 'base', 1);"
                        "INSERT INTO webhook (id, url, workspace, events, delay_s, reveal, active, secret, created_ms) "
                        "VALUES ('h', 'http://x/', 'acme', 1, 0, 0, 1, 'x', 1)");
        assert_int_equal(number_of(self,
                                   "SELECT count(*) FROM pragma_table_list AS l WHERE l.schema = 'main' AND EXISTS "
                                   "(SELECT 1 FROM pragma_foreign_key_list(l.name))"),
                         9);
        elsewhere(self, deeds[i]);
        assert_int_equal(orphans(self), 0);
    }
}

static void whom_a_shell_adds_has_a_user(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "PRAGMA foreign_keys = OFF; INSERT INTO member VALUES ('acme', 'u4', 'Una', 'member', 1)");
    assert_int_equal(orphans(self), 0);
    assert_int_equal(directory_tidy(self->directory), DIRECTORY_OK);
    assert_int_equal(directory_is_member(self->directory, "acme", "u4"), DIRECTORY_OK);
}

static void ids_cannot_be_changed_in_a_shell(void **state)
{
    struct fixture *self = *state;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(self->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE workspace SET id = 'beta'", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE user SET id = 'x' || id", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE workspace SET name = 'Beta'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* As a version before the triggers left them. */
static void what_was_left_by_any_foreign_key_is_removed_and_nothing_else(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    fill(self);
    directory_put_workspace(self->directory, "beta", NULL, NULL);
    put_member(self->directory, "beta", "u1", NULL, NULL, NULL);
    assert_int_equal(directory_tidy(self->directory), DIRECTORY_OK);
    int64_t before = rows(self);
    elsewhere(self,
              "PRAGMA foreign_keys = OFF;"
              "INSERT INTO member VALUES ('gone', 'u1', 'x', 'member', 1), ('acme', 'u9', 'x', 'member', 1);"
              "INSERT INTO dm VALUES ('gone', 1, NULL, NULL, NULL, 1);"
              "INSERT INTO dm_participant VALUES ('gone', 1, 'u1'), ('acme', 9, 'u1'), ('acme', 1, 'u8');"
              "INSERT INTO token (hash, user, admin, label, created_ms) VALUES (zeroblob(32), 'u9', 0, 'x', 1);"
              "CREATE TABLE theirs (w REFERENCES workspace (id)); INSERT INTO theirs VALUES ('gone');"
              "DROP TRIGGER user_leaves_nothing; DROP TRIGGER user_without_member; DELETE FROM user WHERE id = 'u9'");
    assert_int_equal(orphans(self), 7);
    assert_int_equal(directory_tidy(self->directory), DIRECTORY_OK);
    assert_int_equal(rows(self), before);
    assert_int_equal(orphans(self), 1); /* what somebody else keeps is theirs */
    list_dms(self->directory, NULL, 0, 10, &list);
    assert_string_equal(list.text, "1 - group: u1 u2 u3;2 -: u1 u2;");
}

static void membership_asks_for_the_workspace(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "PRAGMA foreign_keys = OFF; INSERT INTO member VALUES ('gone', 'u1', 'x', 'member', 1)");
    assert_int_equal(directory_is_member(self->directory, "gone", "u1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_get_member(self->directory, "gone", "u1", add_member, &(struct list){0}),
                     DIRECTORY_NOT_FOUND);
    assert_int_equal(put_member(self->directory, "gone", "u1", "New", NULL, NULL), DIRECTORY_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_workspace_that_a_shell_deletes_leaves_nothing),
        TEST(a_user_whom_a_shell_deletes_is_gone_everywhere),
        TEST(a_member_whom_a_shell_deletes_is_in_no_dm_when_taken_in_again),
        TEST(a_dm_that_a_shell_deletes_leaves_nothing),
        TEST(nothing_that_a_shell_deletes_leaves_an_orphan),
        TEST(whom_a_shell_adds_has_a_user),
        TEST(ids_cannot_be_changed_in_a_shell),
        TEST(what_was_left_by_any_foreign_key_is_removed_and_nothing_else),
        TEST(membership_asks_for_the_workspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
