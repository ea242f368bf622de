/* SPDX-License-Identifier: ISC */
/* What a JWT says about its user's workspaces, and when that counts. */
#include "directory/tokens.h"
#include "fixture.h"

#define HEADER "{\"alg\":\"HS256\"}"

static int provisioning(void **state)
{
    setup(state);
    struct fixture *self = *state;
    self->conf.jwt.provision = true;
    write_key(self, SECRET, strlen(SECRET));
    start(self);
    return 0;
}

static enum auth_result with(struct fixture *self, const char *more)
{
    char claims[8192];
    char text[JWT_TEXT];
    snprintf(claims, sizeof claims, "{\"sub\":\"u1\",\"exp\":1700000600%s}", more);
    return identify_bearer(self, hs256(text, HEADER, claims));
}

static void workspaces_and_name_are_handed_on(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(with(self, ",\"rollcall_workspaces\":[\"acme\", \"b.c-d_1\"],\"name\":\"\xc3\x84nn \\\"A\\\"\""),
                     AUTH_OK);
    assert_non_null(self->caller.claims);
    assert_int_equal(self->caller.claims->count, 2);
    assert_string_equal(self->caller.claims->workspaces[0], "acme");
    assert_string_equal(self->caller.claims->workspaces[1], "b.c-d_1");
    assert_string_equal(self->caller.claims->name, "\xc3\x84nn \"A\"");
}

static void without_workspaces_nobody_is_admitted(void **state)
{
    struct fixture *self = *state;
    const char *const none[] = {"", ",\"name\":\"Ann\"", ",\"rollcall_workspaces\":[]"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(with(self, none[i]), AUTH_OK);
        assert_null(self->caller.claims);
    }
}

static void what_is_no_list_of_ids_is_invalid(void **state)
{
    struct fixture *self = *state;
    const char *const wrong[] = {"\"acme\"",        "null",         "1",         "{\"acme\":1}",      "[1]",
                                 "[null]",          "[\"\"]",       "[[\"a\"]]", "[\"a b\"]",         "[\".a\"]",
                                 "[\"a\\u0000b\"]", "[\"a\\\"b\"]", "[\"a\",2]", "[\"a\\\\\",\"b\"]", "[\"\xc3\xa9\"]"};
    char claims[256];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(claims, sizeof claims, ",\"rollcall_workspaces\":%s", wrong[i]);
        assert_int_equal(with(self, claims), AUTH_INVALID);
        assert_null(self->caller.claims);
    }
}

static void as_many_workspaces_as_the_cap_are_taken(void **state)
{
    struct fixture *self = *state;
    char claims[4096] = ",\"rollcall_workspaces\":[\"w\"";
    for (size_t i = 1; i < LIMIT_CLAIMED_WORKSPACES; i++)
        strcat(claims, ",\"w\"");
    size_t len = strlen(claims);
    strcpy(claims + len, "]");
    assert_int_equal(with(self, claims), AUTH_OK);
    assert_int_equal(self->caller.claims->count, LIMIT_CLAIMED_WORKSPACES);
    strcpy(claims + len, ",\"w\"]");
    assert_int_equal(with(self, claims), AUTH_INVALID);
}

static void a_name_that_cannot_be_shown_counts_as_none(void **state)
{
    struct fixture *self = *state;
    const char *const names[] = {"\"\"", "\"\xe2\x80\x8b\"", "\"a\\nb\"", "42", "null", "[\"Ann\"]"};
    char claims[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(claims, sizeof claims, ",\"rollcall_workspaces\":[\"acme\"],\"name\":%s", names[i]);
        assert_int_equal(with(self, claims), AUTH_OK);
        assert_string_equal(self->caller.claims->name, "");
    }
}

static void claims_are_of_no_account_where_nobody_is_provisioned(void **state)
{
    struct fixture *self = *state;
    self->conf.jwt.provision = false;
    start(self);
    assert_int_equal(with(self, ",\"rollcall_workspaces\":[\"acme\"]"), AUTH_OK);
    assert_null(self->caller.claims);
    assert_int_equal(with(self, ",\"rollcall_workspaces\":42"), AUTH_OK);
}

static void a_token_after_a_jwt_has_no_claims(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(with(self, ",\"rollcall_workspaces\":[\"acme\"]"), AUTH_OK);
    char text[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t id;
    token_new(text, hash);
    assert_int_equal(add_token(self->directory, hash, "u2", 0, &id), DIRECTORY_CREATED);
    assert_int_equal(identify_bearer(self, text), AUTH_OK);
    assert_null(self->caller.claims);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, provisioning, teardown)
    const struct CMUnitTest tests[] = {
        TEST(workspaces_and_name_are_handed_on),          TEST(without_workspaces_nobody_is_admitted),
        TEST(what_is_no_list_of_ids_is_invalid),          TEST(as_many_workspaces_as_the_cap_are_taken),
        TEST(a_name_that_cannot_be_shown_counts_as_none), TEST(claims_are_of_no_account_where_nobody_is_provisioned),
        TEST(a_token_after_a_jwt_has_no_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
