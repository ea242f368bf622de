/* SPDX-License-Identifier: ISC */
/* Tokens: kept by hash, found, revoked, listed; the note of their last use. */
#include "fixture.h"

#include "base/clock.h"

static const unsigned char first[DIRECTORY_HASH_BYTES] = {1, 2, 3, 4, 5};
static const unsigned char alike[DIRECTORY_HASH_BYTES] = {1, 2, 3, 4, 6}; /* the same in what it is filed under */

static void a_token_is_found_by_its_hash_with_its_owner_and_expiry(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    assert_int_equal(grant_token(self->directory, first, "u1", "laptop", 12345, &id), DIRECTORY_CREATED);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
        assert_int_equal(row.id, id);
        assert_string_equal(row.user, "u1");
        assert_int_equal(row.expires_ms, 12345);
    }
}

static void an_administrators_token_has_no_user(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, NULL, "", 0, &id);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
        assert_null(row.user);
    }
}

static enum directory_result add_lab(struct fixture *self)
{
    bool renamed;
    return directory_put_workspace(self->directory, "lab", NULL, &renamed);
}

/* Adds a program's token to the workspace "lab", or to all. */
static enum directory_result grant_scopes(struct directory *directory, unsigned scopes, const char *workspace)
{
    int64_t id;
    const struct token_grant grant = {.hash = first, .scopes = scopes, .workspace = workspace};
    return directory_add_token(directory, &grant, &id);
}

static void an_administrators_token_may_do_everything(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, NULL, "", 0, &id);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
        assert_int_equal(row.scopes, SCOPES_ALL);
        assert_null(row.workspace);
    }
    grant_token(self->directory, alike, "u1", "", 0, &id);
    assert_int_equal(directory_find_token(self->directory, alike, &row), DIRECTORY_OK);
    assert_int_equal(row.scopes, 0);
}

static void a_programs_token_has_its_scopes_and_its_workspace(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    assert_int_equal(add_lab(self), DIRECTORY_CREATED);
    assert_int_equal(grant_scopes(self->directory, SCOPE_READ | SCOPE_NOTIFY, "lab"), DIRECTORY_CREATED);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
        assert_null(row.user);
        assert_int_equal(row.scopes, SCOPE_READ | SCOPE_NOTIFY);
        assert_string_equal(row.workspace, "lab");
    }
    elsewhere(self, "UPDATE token SET scope = 'claims'");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
    assert_int_equal(row.scopes, SCOPE_CLAIMS);
}

static void a_token_may_what_it_has_the_scope_for_where_it_is_for(void **state)
{
    struct fixture *self = *state;
    int64_t id, all;
    add_lab(self);
    grant_scopes(self->directory, SCOPE_READ, "lab");
    id = number_of(self, "SELECT max(id) FROM token");
    grant_token(self->directory, alike, NULL, "", 0, &all);
    assert_int_equal(directory_token_may(self->directory, id, SCOPE_READ, "lab"), DIRECTORY_OK);
    assert_int_equal(directory_token_may(self->directory, id, SCOPE_READ, "acme"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_token_may(self->directory, id, SCOPE_NOTIFY, "lab"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_token_may(self->directory, id, SCOPE_ADMIN, "lab"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_token_may(self->directory, all, SCOPE_READ, "acme"), DIRECTORY_OK);
    assert_int_equal(directory_token_may(self->directory, 99, SCOPE_READ, "lab"), DIRECTORY_NOT_FOUND);
    elsewhere(self, "UPDATE token SET scope = 'claims' WHERE scope = 'read'");
    assert_int_equal(directory_token_may(self->directory, id, SCOPE_READ, "lab"), DIRECTORY_NOT_FOUND);
}

static void a_programs_token_goes_with_its_workspace(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    assert_int_equal(add_lab(self), DIRECTORY_CREATED);
    grant_scopes(self->directory, SCOPE_READ, "lab");
    directory_delete_workspace(self->directory, "lab");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
    assert_int_equal(add_lab(self), DIRECTORY_CREATED);
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
    grant_scopes(self->directory, SCOPE_READ, "lab");
    elsewhere(self, "DELETE FROM workspace");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
}

static void scopes_that_are_not_known_do_not_make_an_administrator(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    grant_scopes(self->directory, SCOPE_READ, NULL);
    static const char *const spoilt[] = {
        "UPDATE token SET scope = 'admin'",
        "UPDATE token SET scope = 'read later'",
        "UPDATE token SET scope = CAST(x'72656164ff' AS TEXT)",
        "PRAGMA foreign_keys = OFF; UPDATE token SET scope = 'read', workspace = ''",
        "PRAGMA foreign_keys = OFF; UPDATE token SET scope = 'read', workspace = printf('%.100c', 'x')",
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        elsewhere(self, spoilt[i]);
        assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
    }
}

static void grants_that_contradict_themselves_are_refused(void **state)
{
    struct fixture *self = *state;
    int64_t id;
    const struct token_grant users = {.hash = first, .user = "u1", .scopes = SCOPE_READ};
    assert_int_equal(add_lab(self), DIRECTORY_CREATED);
    assert_int_equal(directory_add_token(self->directory, &users, &id), DIRECTORY_INVALID);
    assert_int_equal(grant_scopes(self->directory, SCOPES_ALL, NULL), DIRECTORY_INVALID);
    assert_int_equal(grant_scopes(self->directory, 0, "lab"), DIRECTORY_INVALID);
    assert_int_equal(grant_scopes(self->directory, SCOPE_READ, "none"), DIRECTORY_NOT_FOUND);
    assert_int_equal(number_of(self, "SELECT count(*) FROM token"), 0);
}

static void another_hash_is_not_found(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, "u1", "", 0, &id);
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
    assert_int_equal(directory_find_token(self->directory, alike, &row), DIRECTORY_NOT_FOUND);
    grant_token(self->directory, alike, "u2", "", 0, &id);
    assert_int_equal(directory_find_token(self->directory, alike, &row), DIRECTORY_OK);
    assert_string_equal(row.user, "u2");
}

static void a_revoked_token_is_gone_at_once(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, "u1", "", 0, &id);
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
    assert_int_equal(directory_has_token(self->directory, id), DIRECTORY_OK);
    assert_int_equal(directory_delete_token(self->directory, id), DIRECTORY_OK);
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_has_token(self->directory, id), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_delete_token(self->directory, id), DIRECTORY_NOT_FOUND);
}

static void an_expiry_that_another_program_sets_counts_at_once(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, "u1", "", 0, &id);
    directory_find_token(self->directory, first, &row);
    elsewhere(self, "UPDATE token SET expires_ms = 99");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_OK);
    assert_int_equal(row.expires_ms, 99);
}

static void ids_are_never_given_twice(void **state)
{
    struct fixture *self = *state;
    int64_t old;
    int64_t new;
    grant_token(self->directory, first, "u1", "", 0, &old);
    directory_delete_token(self->directory, old);
    grant_token(self->directory, first, "u1", "", 0, &new);
    assert_true(new > old);
}

static void a_user_who_is_removed_does_not_become_an_administrator(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, "guest", "", 0, &id);
    elsewhere(self, "PRAGMA foreign_keys = ON; DELETE FROM user WHERE id = 'guest'");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
}

static void an_owner_that_is_no_user_id_is_not_found(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, "u1", "", 0, &id);
    elsewhere(self, "UPDATE token SET user = CAST(x'753100' AS TEXT)");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
    elsewhere(self, "UPDATE token SET user = ''");
    assert_int_equal(directory_find_token(self->directory, first, &row), DIRECTORY_NOT_FOUND);
}

static void the_last_use_is_noted_once_an_hour(void **state)
{
    struct fixture *self = *state;
    struct token_row row;
    int64_t id;
    grant_token(self->directory, first, "u1", "", 0, &id);
    directory_find_token(self->directory, first, &row);
    assert_true(number_of(self, "SELECT last_used_ms FROM token") > clock_wall_ms() - 60000);
    elsewhere(self, "UPDATE token SET last_used_ms = 1");
    directory_find_token(self->directory, first, &row);
    assert_int_equal(number_of(self, "SELECT last_used_ms FROM token"), 1);
}

static void a_busy_database_does_not_hold_up_a_lookup(void **state)
{
    struct fixture *self = *state;
    unsigned char hashes[3][DIRECTORY_HASH_BYTES] = {{1}, {2}, {3}};
    sqlite3 *db = NULL;
    struct token_row row;
    int64_t id, quickest_ms = INT64_MAX;
    for (int i = 0; i < 3; i++)
        grant_token(self->directory, hashes[i], "u1", "", 0, &id);
    sqlite3_open(self->path, &db);
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    /* In one of them the machine may stand still. */
    for (int i = 0; i < 3; i++) {
        self->directory->db.waits_until_ms = 0;
        int64_t before_ms = clock_mono_ms();
        assert_int_equal(directory_find_token(self->directory, hashes[i], &row), DIRECTORY_OK);
        int64_t took_ms = clock_mono_ms() - before_ms;
        quickest_ms = took_ms < quickest_ms ? took_ms : quickest_ms;
    }
    assert_true(quickest_ms < DB_BUSY_MS / 2);
    sqlite3_close(db);
}

static void labels_and_owners_that_break_a_rule_are_invalid(void **state)
{
    struct fixture *self = *state;
    int64_t id;
    assert_int_equal(grant_token(self->directory, first, "", "", 0, &id), DIRECTORY_INVALID);
    assert_int_equal(grant_token(self->directory, first, "u1", "\xff", 0, &id), DIRECTORY_INVALID);
}

static void a_list_is_paged_by_id(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    grant_token(self->directory, first, NULL, "root", 0, &id);
    grant_token(self->directory, alike, "u1", "phone", 0, &id);
    assert_int_equal(directory_each_token(self->directory, 0, 1, add_token, &list), DIRECTORY_OK);
    assert_int_equal(directory_each_token(self->directory, 1, 5, add_token, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "1 (admin) root;2 u1 phone;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_found_by_its_hash_with_its_owner_and_expiry),
        TEST(an_administrators_token_has_no_user),
        TEST(an_administrators_token_may_do_everything),
        TEST(a_programs_token_has_its_scopes_and_its_workspace),
        TEST(a_token_may_what_it_has_the_scope_for_where_it_is_for),
        TEST(a_programs_token_goes_with_its_workspace),
        TEST(scopes_that_are_not_known_do_not_make_an_administrator),
        TEST(grants_that_contradict_themselves_are_refused),
        TEST(another_hash_is_not_found),
        TEST(a_revoked_token_is_gone_at_once),
        TEST(an_expiry_that_another_program_sets_counts_at_once),
        TEST(ids_are_never_given_twice),
        TEST(a_user_who_is_removed_does_not_become_an_administrator),
        TEST(an_owner_that_is_no_user_id_is_not_found),
        TEST(the_last_use_is_noted_once_an_hour),
        TEST(a_busy_database_does_not_hold_up_a_lookup),
        TEST(labels_and_owners_that_break_a_rule_are_invalid),
        TEST(a_list_is_paged_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
