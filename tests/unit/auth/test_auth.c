/* SPDX-License-Identifier: ISC */
/* Which method identifies a request's caller, and the web server's own user. */
#include "fixture.h"

static int with_all(void **state)
{
    setup(state);
    write_key(*state, SECRET "\n", strlen(SECRET) + 1);
    start(*state);
    return 0;
}

static enum auth_result as(struct fixture *self, const char *authorization, const char *remote_user,
                           const char *auth_type)
{
    struct auth_input input = {authorization, remote_user, auth_type, false};
    return auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why);
}

static void the_web_servers_user_is_the_caller(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(as(self, NULL, "u1", "Basic"), AUTH_OK);
    assert_string_equal(self->caller.user, "u1");
    assert_false(self->caller.admin);
    assert_int_equal(self->caller.credential, 0);
    assert_int_equal(self->caller.expires_ms, 0);
}

static void without_auth_type_the_web_servers_user_is_nobody(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(as(self, NULL, "u1", NULL), AUTH_NONE);
    assert_int_equal(as(self, NULL, "u1", ""), AUTH_NONE);
    assert_int_equal(as(self, NULL, "u1", " \t"), AUTH_NONE);
}

static void an_empty_or_blank_user_is_nobody(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(as(self, NULL, "", "Basic"), AUTH_NONE);
    assert_int_equal(as(self, NULL, "  ", "Basic"), AUTH_NONE);
    assert_int_equal(as(self, NULL, NULL, "Basic"), AUTH_NONE);
}

static void a_user_name_that_is_no_id_is_invalid(void **state)
{
    struct fixture *self = *state;
    char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(as(self, NULL, "\xc3(", "Basic"), AUTH_INVALID);
    assert_int_equal(as(self, NULL, "\xed\xa0\x80", "Basic"), AUTH_INVALID);
    assert_int_equal(as(self, NULL, "\xc0\xaf", "Basic"), AUTH_INVALID);
    assert_int_equal(as(self, NULL, "a\nb", "Basic"), AUTH_INVALID);
    assert_int_equal(as(self, NULL, longer, "Basic"), AUTH_INVALID);
    assert_string_equal(self->caller.user, "");
}

static void a_way_that_is_not_enabled_is_not_looked_at(void **state)
{
    struct fixture *self = *state;
    self->conf.auth_count = 2;
    start(self);
    assert_int_equal(as(self, NULL, "u1", "Basic"), AUTH_NONE);
}

static void a_wrong_credential_is_not_tried_the_next_way(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(as(self, "Bearer rc_wrong", "u1", "Basic"), AUTH_INVALID);
    assert_int_equal(as(self, "Bearer a.b.c", "u1", "Basic"), AUTH_INVALID);
}

static void the_order_of_the_configuration_counts(void **state)
{
    struct fixture *self = *state;
    self->conf.auth[0] = CONF_AUTH_REMOTE_USER;
    self->conf.auth[2] = CONF_AUTH_TOKEN;
    start(self);
    assert_int_equal(as(self, "Bearer rc_wrong", "u1", "Basic"), AUTH_OK);
    assert_int_equal(as(self, "Bearer rc_wrong", NULL, NULL), AUTH_INVALID);
}

static void basic_is_left_to_the_web_server(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(as(self, "Basic dTE6eA==", "u1", "Basic"), AUTH_OK);
    assert_int_equal(as(self, "Basic dTE6eA==", NULL, NULL), AUTH_NONE);
}

static void a_jwt_is_told_from_a_token_by_its_look(void **state)
{
    struct fixture *self = *state;
    char jwt[JWT_TEXT];
    hs256(jwt, "{\"alg\":\"HS256\"}", "{\"sub\":\"u1\",\"exp\":1700000600}");
    assert_int_equal(identify_bearer(self, jwt), AUTH_OK);
    self->conf.auth_count = 1;
    start(self);
    assert_int_equal(identify_bearer(self, jwt), AUTH_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_all, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_web_servers_user_is_the_caller),         TEST(without_auth_type_the_web_servers_user_is_nobody),
        TEST(an_empty_or_blank_user_is_nobody),           TEST(a_user_name_that_is_no_id_is_invalid),
        TEST(a_way_that_is_not_enabled_is_not_looked_at), TEST(a_wrong_credential_is_not_tried_the_next_way),
        TEST(the_order_of_the_configuration_counts),      TEST(basic_is_left_to_the_web_server),
        TEST(a_jwt_is_told_from_a_token_by_its_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
