/* SPDX-License-Identifier: ISC */
/* The database as a whole: what is noticed of other processes, and of the file under its path. */
#include "fixture.h"

#include <sys/mman.h>

static const unsigned char hash[DIRECTORY_HASH_BYTES] = {1, 2, 3};

static void a_sound_database_passes_the_check(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(directory_check(self->directory, true, self->error, sizeof self->error), DIRECTORY_OK);
}

static void the_check_changes_nothing(void **state)
{
    struct fixture *self = *state;
    int64_t before = number_of(self, "SELECT value FROM revision");
    directory_check(self->directory, true, self->error, sizeof self->error);
    assert_int_equal(number_of(self, "SELECT value FROM revision"), before);
}

static void a_removed_file_is_noticed(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    assert_int_equal(unlink(self->path), 0);
    let_time_pass(self->directory);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_BROKEN);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, NULL, NULL), DIRECTORY_BROKEN);
    assert_non_null(strstr(directory_error(self->directory), self->path));
    assert_non_null(strstr(directory_error(self->directory), "replaced or removed"));
}

static void a_replaced_file_is_noticed_by_the_check_at_once(void **state)
{
    struct fixture *self = *state;
    char other[160];
    snprintf(other, sizeof other, "%s.new", self->path);
    struct directory *second = directory_open(other, self->error, sizeof self->error);
    assert_non_null(second);
    directory_close(second);
    assert_int_equal(rename(other, self->path), 0);
    assert_int_equal(directory_check(self->directory, true, self->error, sizeof self->error), DIRECTORY_BROKEN);
    assert_non_null(strstr(self->error, "restart"));
}

static void the_check_notices_rights_that_were_taken(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(chmod(self->path, 0444), 0);
    assert_int_equal(chmod(self->root, 0755), 0);
    if (getuid() == 0)
        assert_int_equal(seteuid(65534), 0);
    enum directory_result result = directory_check(self->directory, true, self->error, sizeof self->error);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(result, DIRECTORY_READONLY);
    assert_non_null(strstr(self->error, self->path));
}

/* Otherwise what is written from here on would be in a WAL that nobody else finds. */
static void a_removed_wal_is_noticed(void **state)
{
    struct fixture *self = *state;
    char wal[160];
    snprintf(wal, sizeof wal, "%s-wal", self->path);
    assert_int_equal(unlink(wal), 0);
    let_time_pass(self->directory);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, NULL, NULL), DIRECTORY_BROKEN);
    assert_non_null(strstr(directory_error(self->directory), "WAL"));
}

static void a_file_that_is_put_back_is_used_again(void **state)
{
    struct fixture *self = *state;
    char aside[160];
    snprintf(aside, sizeof aside, "%s.aside", self->path);
    assert_int_equal(rename(self->path, aside), 0);
    assert_int_equal(directory_check(self->directory, true, self->error, sizeof self->error), DIRECTORY_BROKEN);
    assert_int_equal(rename(aside, self->path), 0);
    assert_int_equal(directory_check(self->directory, true, self->error, sizeof self->error), DIRECTORY_OK);
}

static void the_revision_grows_when_something_is_taken_away(void **state)
{
    struct fixture *self = *state;
    int64_t before = directory_revision(self->directory);
    directory_delete_member(self->directory, "acme", "u1", NULL, NULL);
    assert_true(directory_revision(self->directory) > before);
}

static void the_revision_stands_when_something_is_added(void **state)
{
    struct fixture *self = *state;
    int64_t before = directory_revision(self->directory);
    put_member(self->directory, "acme", "u4", NULL, NULL, NULL);
    put_member(self->directory, "acme", "u1", "Another name", NULL, NULL);
    assert_int_equal(directory_revision(self->directory), before);
}

static void an_unreadable_revision_is_minus_one(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "DELETE FROM revision");
    assert_int_equal(directory_revision(self->directory), -1);
    assert_non_null(strstr(directory_error(self->directory), "revision"));
}

static void what_another_program_removes_is_gone_at_once(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    elsewhere(self, "DELETE FROM member WHERE user = 'u1'");
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
}

static void what_another_worker_removes_is_gone_at_once(void **state)
{
    struct fixture *self = *state;
    void *page = mmap(NULL, DIRECTORY_SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct directory *worker = directory_open(self->path, self->error, sizeof self->error);
    struct token_row row;
    int64_t id;
    directory_share(self->directory, page);
    directory_share(worker, page);
    grant_token(self->directory, hash, "u1", "", 0, &id);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(directory_find_token(self->directory, hash, &row), DIRECTORY_OK);
        assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    }
    assert_int_equal(directory_delete_token(worker, id), DIRECTORY_OK);
    assert_int_equal(directory_find_token(self->directory, hash, &row), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_delete_member(worker, "acme", "u1", NULL, NULL), DIRECTORY_OK);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
    directory_close(worker);
    munmap(page, DIRECTORY_SHARED_BYTES);
}

static void workers_notice_other_programs_before_long(void **state)
{
    struct fixture *self = *state;
    uint64_t page = 0;
    directory_share(self->directory, &page);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    elsewhere(self, "DELETE FROM member WHERE user = 'u1'");
    let_time_pass(self->directory);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_NOT_FOUND);
}

/* Who takes part in a conversation is remembered until anything is committed. */
static void another_program_ends_what_is_known_of_participants(void **state)
{
    struct fixture *self = *state;
    const char *users[] = {"u1", "u2"};
    uint64_t page = 0;
    int64_t id;
    directory_share(self->directory, &page);
    open_dm(self->directory, "acme", users, 2, NULL, &id, NULL);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id, "u1"), DIRECTORY_OK);
    elsewhere(self, "DELETE FROM dm_participant WHERE user = 'u1'");
    let_time_pass(self->directory);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id, "u1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id, "u2"), DIRECTORY_OK);
}

static void a_held_database_is_busy_and_not_empty(void **state)
{
    struct fixture *self = *state;
    sqlite3 *db = NULL;
    sqlite3_open(self->path, &db);
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    sqlite3_busy_timeout(self->directory->db.handle, 1);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, NULL, NULL), DIRECTORY_BUSY);
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_int_equal(put_member(self->directory, "acme", "u4", NULL, NULL, NULL), DIRECTORY_CREATED);
}

static void no_statement_stays_open(void **state)
{
    struct fixture *self = *state;
    struct directory *directory = self->directory;
    struct list list = {0};
    const char *users[] = {"u1", "u2"};
    struct token_row row;
    int64_t id;
    open_dm(directory, "acme", users, 2, NULL, &id, NULL);
    grant_token(directory, hash, "u1", "", 0, &id);
    directory_find_token(directory, hash, &row);
    directory_is_member(directory, "acme", "u1");
    directory_get_workspace(directory, "acme", add_workspace, &list);
    each_member(directory, "acme", NULL, 1, add_member, &list);
    list_dms(directory, "u1", 0, 1, &list);
    directory_each_token(directory, 0, 1, add_token, &list);
    directory_check(directory, true, self->error, sizeof self->error);
    for (sqlite3_stmt *stmt = sqlite3_next_stmt(directory->db.handle, NULL); stmt != NULL;
         stmt = sqlite3_next_stmt(directory->db.handle, stmt))
        assert_false(sqlite3_stmt_busy(stmt));
    assert_true(sqlite3_get_autocommit(directory->db.handle));
}

static void the_wal_stays_small(void **state)
{
    struct fixture *self = *state;
    struct directory *reader = directory_open(self->path, self->error, sizeof self->error);
    char wal[160];
    struct stat is;
    snprintf(wal, sizeof wal, "%s-wal", self->path);
    for (int i = 0; i < 4000; i++) {
        char name[32];
        snprintf(name, sizeof name, "name %d", i);
        assert_int_equal(put_member(self->directory, "acme", "u1", name, NULL, NULL), DIRECTORY_OK);
        assert_int_equal(directory_is_member(reader, "acme", "u1"), DIRECTORY_OK);
    }
    assert_int_equal(stat(wal, &is), 0);
    assert_true(is.st_size < 6 * 1024 * 1024);
    directory_close(reader);
}

static void a_full_disk_is_named_and_recovered_from(void **state)
{
    struct fixture *self = *state;
    char name[256];
    enum directory_result result = DIRECTORY_CREATED;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    int64_t pages = number_of(self, "PRAGMA page_count");
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %d", (int)pages + 1);
    sqlite3_exec(self->directory->db.handle, pragma, NULL, NULL, NULL);
    for (int i = 0; i < 1000 && result == DIRECTORY_CREATED; i++) {
        char user[32];
        snprintf(user, sizeof user, "user%d", i);
        result = put_member(self->directory, "acme", user, name, NULL, NULL);
    }
    assert_int_equal(result, DIRECTORY_FULL);
    assert_non_null(strstr(directory_error(self->directory), "full"));
    assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
    sqlite3_exec(self->directory->db.handle, "PRAGMA max_page_count = 100000", NULL, NULL, NULL);
    assert_int_equal(put_member(self->directory, "acme", "later", NULL, NULL, NULL), DIRECTORY_CREATED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_sound_database_passes_the_check),
        TEST(the_check_changes_nothing),
        TEST(a_removed_file_is_noticed),
        TEST(a_replaced_file_is_noticed_by_the_check_at_once),
        TEST(the_check_notices_rights_that_were_taken),
        TEST(a_removed_wal_is_noticed),
        TEST(a_file_that_is_put_back_is_used_again),
        TEST(the_revision_grows_when_something_is_taken_away),
        TEST(the_revision_stands_when_something_is_added),
        TEST(an_unreadable_revision_is_minus_one),
        TEST(what_another_program_removes_is_gone_at_once),
        TEST(what_another_worker_removes_is_gone_at_once),
        TEST(workers_notice_other_programs_before_long),
        TEST(another_program_ends_what_is_known_of_participants),
        TEST(a_held_database_is_busy_and_not_empty),
        TEST(no_statement_stays_open),
        TEST(the_wal_stays_small),
        TEST(a_full_disk_is_named_and_recovered_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
