/* SPDX-License-Identifier: ISC */
/* Transactions, and what SQLite's result codes mean to callers. */
#include "fixture.h"

static void a_transaction_may_write_from_its_start(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(transaction_begin(&self->directory->db), DIRECTORY_OK);
    assert_int_equal(sqlite3_txn_state(self->directory->db.handle, "main"), SQLITE_TXN_WRITE);
    assert_int_equal(transaction_end(&self->directory->db, DIRECTORY_OK), DIRECTORY_OK);
    assert_int_equal(sqlite3_txn_state(self->directory->db.handle, "main"), SQLITE_TXN_NONE);
}

static void what_went_wrong_rolls_back_and_is_passed_on(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(transaction_begin(&self->directory->db), DIRECTORY_OK);
    sqlite3_exec(self->directory->db.handle, "DELETE FROM workspace", NULL, NULL, NULL);
    assert_int_equal(transaction_end(&self->directory->db, DIRECTORY_LIMIT), DIRECTORY_LIMIT);
    assert_int_equal(number_of(self, "SELECT count(*) FROM workspace"), 1);
}

static void the_sentence_of_a_failure_outlives_the_rollback(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(transaction_begin(&self->directory->db), DIRECTORY_OK);
    enum directory_result result = db_broken(&self->directory->db, "the %s thing", "real");
    assert_int_equal(transaction_end(&self->directory->db, result), DIRECTORY_BROKEN);
    assert_string_equal(directory_error(self->directory), "the real thing");
}

static void result_codes_say_whose_fault_it_was(void **state)
{
    struct fixture *self = *state;
    const struct {
        int rc;
        enum directory_result result;
    } codes[] = {
        {SQLITE_BUSY, DIRECTORY_BUSY},
        {SQLITE_BUSY_SNAPSHOT, DIRECTORY_BUSY},
        {SQLITE_LOCKED, DIRECTORY_BUSY},
        {SQLITE_READONLY, DIRECTORY_READONLY},
        {SQLITE_READONLY_DIRECTORY, DIRECTORY_READONLY},
        {SQLITE_READONLY_DBMOVED, DIRECTORY_BROKEN},
        {SQLITE_PERM, DIRECTORY_READONLY},
        {SQLITE_FULL, DIRECTORY_FULL},
        {SQLITE_CORRUPT, DIRECTORY_BROKEN},
        {SQLITE_NOTADB, DIRECTORY_BROKEN},
        {SQLITE_ERROR, DIRECTORY_BROKEN},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(db_fail(&self->directory->db, codes[i].rc), codes[i].result);
        assert_non_null(strstr(directory_error(self->directory), self->path));
    }
}

static void a_statement_that_cannot_be_made_fails_where_it_is_used(void **state)
{
    struct fixture *self = *state;
    elsewhere(self, "PRAGMA foreign_keys = OFF; DROP TABLE token");
    struct list list = {0};
    assert_int_equal(directory_each_token(self->directory, 0, 10, add_token, &list), DIRECTORY_BROKEN);
    assert_non_null(strstr(directory_error(self->directory), "token"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_transaction_may_write_from_its_start),
        TEST(what_went_wrong_rolls_back_and_is_passed_on),
        TEST(the_sentence_of_a_failure_outlives_the_rollback),
        TEST(result_codes_say_whose_fault_it_was),
        TEST(a_statement_that_cannot_be_made_fails_where_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
