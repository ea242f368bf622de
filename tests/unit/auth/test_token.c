/* SPDX-License-Identifier: ISC */
/* Rollcall's own tokens as credentials, and how the header that carries them is read. */
#include "directory/tokens.h"
#include "fixture.h"

static char token[TOKEN_TEXT_BYTES];
static int64_t token_id;

static int with_token(void **state)
{
    setup(state);
    struct fixture *self = *state;
    unsigned char hash[DIRECTORY_HASH_BYTES];
    self->conf.auth_count = 1;
    start(self);
    token_new(token, hash);
    return add_token(self->directory, hash, "u1", NOW_MS + 1000, &token_id) == DIRECTORY_CREATED ? 0 : -1;
}

static void a_new_token_has_the_promised_form(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_BYTES];
    char other[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    unsigned char expected[DIRECTORY_HASH_BYTES];
    token_new(other, hash);
    token_new(text, hash);
    assert_int_equal(strlen(text), 46);
    assert_memory_equal(text, "rc_", 3);
    assert_string_not_equal(text, other);
    EVP_Digest(text, strlen(text), expected, NULL, EVP_sha256(), NULL);
    assert_memory_equal(hash, expected, sizeof hash);
}

static void a_token_tells_its_user(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(identify_bearer(self, token), AUTH_OK);
    assert_string_equal(self->caller.user, "u1");
    assert_false(self->caller.admin);
    assert_int_equal(self->caller.credential, token_id);
    assert_int_equal(self->caller.expires_ms, NOW_MS + 1000);
}

static void an_administrators_token_tells_an_administrator(void **state)
{
    struct fixture *self = *state;
    char text[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t id;
    token_new(text, hash);
    add_token(self->directory, hash, NULL, 0, &id);
    assert_int_equal(identify_bearer(self, text), AUTH_OK);
    assert_true(self->caller.admin);
    assert_string_equal(self->caller.user, "");
}

static void the_word_bearer_is_read_in_any_case(void **state)
{
    struct fixture *self = *state;
    const char *const words[] = {"bearer ", "BEARER ", "beaReR   ", "Bearer\t"};
    char header[128];
    for (size_t i = 0; i < 4; i++) {
        snprintf(header, sizeof header, "%s%s  ", words[i], token);
        assert_int_equal(identify(self, header), AUTH_OK);
    }
}

static void without_a_bearer_nothing_was_said(void **state)
{
    struct fixture *self = *state;
    char header[128];
    assert_int_equal(identify(self, NULL), AUTH_NONE);
    assert_int_equal(identify(self, ""), AUTH_NONE);
    assert_int_equal(identify(self, "Basic dTE6eA=="), AUTH_NONE);
    snprintf(header, sizeof header, "Bearer%s", token);
    assert_int_equal(identify(self, header), AUTH_NONE);
    assert_int_equal(identify(self, token), AUTH_NONE);
}

static void a_wrong_token_is_invalid_and_fills_nothing_in(void **state)
{
    struct fixture *self = *state;
    char wrong[TOKEN_TEXT_BYTES];
    strcpy(wrong, token);
    wrong[20] = wrong[20] == 'x' ? 'y' : 'x';
    assert_int_equal(identify_bearer(self, token), AUTH_OK);
    assert_int_equal(identify_bearer(self, wrong), AUTH_INVALID);
    assert_string_equal(self->caller.user, "");
    assert_int_equal(self->caller.credential, 0);
    assert_null(strstr(self->why, wrong + 3));
}

static void a_malformed_token_is_invalid(void **state)
{
    struct fixture *self = *state;
    char longer[128];
    snprintf(longer, sizeof longer, "%sA", token);
    assert_int_equal(identify_bearer(self, longer), AUTH_INVALID);
    snprintf(longer, sizeof longer, "%.45s", token);
    assert_int_equal(identify_bearer(self, longer), AUTH_INVALID);
    snprintf(longer, sizeof longer, "%s %s", token, token);
    assert_int_equal(identify_bearer(self, longer), AUTH_INVALID);
    assert_int_equal(identify_bearer(self, ""), AUTH_INVALID);
    assert_int_equal(identify_bearer(self, "rc_"), AUTH_INVALID);
    assert_int_equal(identify_bearer(self, "a.b.c"), AUTH_INVALID);
}

static void a_token_past_its_time_is_expired(void **state)
{
    struct fixture *self = *state;
    struct auth_input input;
    char header[128];
    snprintf(header, sizeof header, "Bearer %s", token);
    input = (struct auth_input){.authorization = header};
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS + 999, &self->caller, NULL), AUTH_OK);
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS + 1000, &self->caller, NULL), AUTH_EXPIRED);
    assert_string_equal(self->caller.user, "");
}

static void a_revoked_token_is_invalid(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(identify_bearer(self, token), AUTH_OK);
    directory_delete_token(self->directory, token_id);
    assert_int_equal(identify_bearer(self, token), AUTH_INVALID);
}

static void a_directory_that_cannot_be_read_is_no_refusal(void **state)
{
    struct fixture *self = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/rollcall.db", self->root);
    assert_int_equal(identify_bearer(self, token), AUTH_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_not_equal(directory_check(self->directory, true, self->error, sizeof self->error), DIRECTORY_OK);
    assert_int_equal(identify_bearer(self, token), AUTH_UNAVAILABLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_token, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_new_token_has_the_promised_form),
        TEST(a_token_tells_its_user),
        TEST(an_administrators_token_tells_an_administrator),
        TEST(the_word_bearer_is_read_in_any_case),
        TEST(without_a_bearer_nothing_was_said),
        TEST(a_wrong_token_is_invalid_and_fills_nothing_in),
        TEST(a_malformed_token_is_invalid),
        TEST(a_token_past_its_time_is_expired),
        TEST(a_revoked_token_is_invalid),
        TEST(a_directory_that_cannot_be_read_is_no_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
