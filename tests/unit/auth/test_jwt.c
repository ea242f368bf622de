/* SPDX-License-Identifier: ISC */
/* JWTs: the one algorithm, the exact form, and the claims. NOW_MS is 1700000000 s. */
#include "fixture.h"

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define LATER  "\"exp\":1700000600"

static int with_secret(void **state)
{
    setup(state);
    write_key(*state, SECRET "\n", strlen(SECRET) + 1);
    start(*state);
    return 0;
}

static enum auth_result with(struct fixture *self, const char *header, const char *claims)
{
    char text[JWT_TEXT];
    return identify_bearer(self, hs256(text, header, claims));
}

static void a_good_one_tells_its_user_and_expiry(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u\xc3\xa9 1\"," LATER "}"), AUTH_OK);
    assert_string_equal(self->caller.user, "u\xc3\xa9 1");
    assert_int_equal(self->caller.expires_ms, INT64_C(1700000600000));
    assert_false(self->caller.admin);
    assert_int_equal(self->caller.credential, 0);
}

static void another_algorithm_is_invalid(void **state)
{
    struct fixture *self = *state;
    char text[JWT_TEXT];
    const char *header = "{\"alg\":\"HS512\"}";
    const char *claims = "{\"sub\":\"u1\"," LATER "}";
    signed_part(text, header, strlen(header), claims, strlen(claims));
    add_hmac(text, EVP_sha512(), SECRET, strlen(SECRET));
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
}

static void no_algorithm_is_invalid(void **state)
{
    struct fixture *self = *state;
    const char *const headers[] = {"{\"alg\":\"none\"}",
                                   "{\"alg\":\"NoNe\"}",
                                   "{\"alg\":\"\"}",
                                   "{\"alg\":null}",
                                   "{\"alg\":1}",
                                   "{\"alg\":[\"HS256\"]}",
                                   "{}",
                                   "[]",
                                   "\"HS256\"",
                                   "",
                                   "{\"typ\":\"JWT\"}"};
    const char *claims = "{\"sub\":\"u1\"," LATER "}";
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char text[JWT_TEXT];
        assert_int_equal(with(self, headers[i], claims), AUTH_INVALID);
        signed_part(text, headers[i], strlen(headers[i]), claims, strlen(claims));
        assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
        strcat(text, ".");
        assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
        strcat(text, "AAAA");
        assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
    }
}

static void a_changed_signature_or_text_is_invalid(void **state)
{
    struct fixture *self = *state;
    char good[JWT_TEXT];
    char bad[JWT_TEXT];
    hs256(good, HEADER, "{\"sub\":\"u1\"," LATER "}");
    for (size_t i = 0; i < strlen(good); i++) {
        strcpy(bad, good);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        assert_int_equal(identify_bearer(self, bad), AUTH_INVALID);
    }
}

static void anything_but_three_parts_is_invalid(void **state)
{
    struct fixture *self = *state;
    char good[JWT_TEXT];
    char bad[JWT_TEXT + 16];
    hs256(good, HEADER, "{\"sub\":\"u1\"," LATER "}");
    const char *const forms[] = {
        "%s.", "%s.AAAA", ".%s", "%s..", "%s=", "%s==", "%s%%00", "%s x", "%s\n", "%s+", "%s/"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *at = strstr(forms[i], "%s");
        snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - forms[i]), forms[i], good, at + 2);
        assert_int_equal(identify_bearer(self, bad), AUTH_INVALID);
    }
    const char *const others[] = {"a.b.", "a.b", "a", ".", "..", "...", "a.b.c.d", "a..c", ".b.c"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(identify_bearer(self, others[i]), AUTH_INVALID);
}

static void a_longer_one_than_a_header_holds_is_invalid(void **state)
{
    struct fixture *self = *state;
    char claims[8000];
    int len = snprintf(claims, sizeof claims, "{\"sub\":\"u1\"," LATER ",\"x\":\"");
    memset(claims + len, 'x', 7000);
    strcpy(claims + len + 7000, "\"}");
    assert_int_equal(with(self, HEADER, claims), AUTH_INVALID);
}

static void key_hints_are_not_followed(void **state)
{
    struct fixture *self = *state;
    const char *claims = "{\"sub\":\"u1\"," LATER "}";
    assert_int_equal(with(self, "{\"alg\":\"HS256\",\"kid\":\"../../x\",\"jku\":\"http://x/\"}", claims), AUTH_OK);
    char text[JWT_TEXT];
    const char *header = "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}";
    signed_part(text, header, strlen(header), claims, strlen(claims));
    add_hmac(text, EVP_sha256(), "", 0);
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
}

static void a_critical_header_is_invalid(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(with(self, "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", "{\"sub\":\"u1\"," LATER "}"),
                     AUTH_INVALID);
}

static void a_subject_that_is_no_user_id_is_invalid(void **state)
{
    struct fixture *self = *state;
    const char *const subjects[] = {"\"\"",           "null",        "42",        "[\"u1\"]",
                                    "{\"u1\":1}",     "true",        "\"a\\nb\"", "\"u1\\u0000\"",
                                    "\"u1\\u0000x\"", "\"\\ud800\"", "\"\xc3(\""};
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        char claims[256];
        snprintf(claims, sizeof claims, "{\"sub\":%s," LATER "}", subjects[i]);
        assert_int_equal(with(self, HEADER, claims), AUTH_INVALID);
    }
    assert_int_equal(with(self, HEADER, "{" LATER "}"), AUTH_INVALID);
    char claims[512];
    snprintf(claims, sizeof claims, "{\"sub\":\"%0129d\"," LATER "}", 1);
    assert_int_equal(with(self, HEADER, claims), AUTH_INVALID);
    snprintf(claims, sizeof claims, "{\"sub\":\"%0128d\"," LATER "}", 1);
    assert_int_equal(with(self, HEADER, claims), AUTH_OK);
}

/* A reader that stops at a NUL would take the first half, signed with the second. */
static void nothing_hides_behind_a_nul(void **state)
{
    struct fixture *self = *state;
    static const char claims[] = "{\"sub\":\"u1\"," LATER "}\0,\"more\":1}";
    static const char header[] = HEADER "\0x";
    char text[JWT_TEXT];
    signed_part(text, HEADER, strlen(HEADER), claims, sizeof claims - 1);
    add_hmac(text, EVP_sha256(), SECRET, strlen(SECRET));
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
    signed_part(text, header, sizeof header - 1, claims, strlen(claims));
    add_hmac(text, EVP_sha256(), SECRET, strlen(SECRET));
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
}

static void claims_that_are_no_object_are_invalid(void **state)
{
    struct fixture *self = *state;
    const char *const claims[] = {"[]", "\"u1\"", "null", "1", "", "{", "{\"sub\":\"u1\"," LATER "} x"};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        assert_int_equal(with(self, HEADER, claims[i]), AUTH_INVALID);
}

static enum auth_result expiring(struct fixture *self, const char *exp)
{
    char claims[256];
    snprintf(claims, sizeof claims, "{\"sub\":\"u1\",\"exp\":%s}", exp);
    return with(self, HEADER, claims);
}

static void expiry_has_a_leeway_of_a_minute(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(expiring(self, "1699999998"), AUTH_OK);
    assert_int_equal(self->caller.expires_ms, INT64_C(1700000058000));
    assert_int_equal(expiring(self, "1699999941"), AUTH_OK);
    assert_int_equal(expiring(self, "1699999940"), AUTH_EXPIRED);
    assert_int_equal(expiring(self, "1699999910"), AUTH_EXPIRED);
    assert_string_equal(self->caller.user, "");
    assert_int_equal(expiring(self, "1700000001"), AUTH_OK);
    assert_int_equal(self->caller.expires_ms, INT64_C(1700000001000));
    assert_int_equal(expiring(self, "0"), AUTH_EXPIRED);
    assert_int_equal(expiring(self, "-5"), AUTH_EXPIRED);
}

/* RFC 7519, 2: a NumericDate is a JSON number, and may have a fraction. */
static void an_expiry_is_any_number_of_seconds(void **state)
{
    struct fixture *self = *state;
    const char *const right[] = {"1700000600.0", "1700000600.5", "1.7000006e9", "17000006e2", "1700000600.999999"};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_int_equal(expiring(self, right[i]), AUTH_OK);
        assert_int_equal(self->caller.expires_ms / 1000, 1700000600);
    }
    assert_int_equal(expiring(self, "1700000600.25"), AUTH_OK);
    assert_int_equal(self->caller.expires_ms, INT64_C(1700000600250));
    assert_int_equal(expiring(self, "1699999939.9"), AUTH_EXPIRED);
    assert_int_equal(expiring(self, "1699999940.5"), AUTH_OK);
}

static void an_expiry_that_is_no_number_of_seconds_is_invalid(void **state)
{
    struct fixture *self = *state;
    const char *const wrong[] = {"\"1700000600\"",
                                 "\"1700000600.5\"",
                                 "1e300",
                                 "-1e300",
                                 "1e15",
                                 "null",
                                 "true",
                                 "[1700000600]",
                                 "{}",
                                 "9223372036854775807",
                                 "9223372036854775808",
                                 "1e999",
                                 "NaN",
                                 "Infinity",
                                 "0x7fffffff",
                                 "01700000600",
                                 "+1700000600"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(expiring(self, wrong[i]), AUTH_INVALID);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"}"), AUTH_INVALID);
}

static void the_type_is_a_jwt_or_an_access_token(void **state)
{
    struct fixture *self = *state;
    const char *const right[] = {"JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "Application/at+JWT"};
    const char *const wrong[] = {
        "", "JWS", "at+jwt2", "dpop+jwt", "application/", "text/jwt", "application/application/jwt"};
    char header[128];
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"typ\":\"%s\"}", right[i]);
        assert_int_equal(with(self, header, "{\"sub\":\"u1\"," LATER "}"), AUTH_OK);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"typ\":\"%s\"}", wrong[i]);
        assert_int_equal(with(self, header, "{\"sub\":\"u1\"," LATER "}"), AUTH_INVALID);
    }
    assert_int_equal(with(self, "{\"alg\":\"HS256\"}", "{\"sub\":\"u1\"," LATER "}"), AUTH_OK);
    assert_int_equal(with(self, "{\"alg\":\"HS256\",\"typ\":7}", "{\"sub\":\"u1\"," LATER "}"), AUTH_INVALID);
}

/* While new callers from an address are refused, known ones are still served. */
static void only_a_known_one_needs_no_verifying(void **state)
{
    struct fixture *self = *state;
    char authorization[JWT_TEXT + 8] = "Bearer ";
    struct auth_input input = {.authorization = authorization, .known_only = true};
    hs256(authorization + 7, HEADER, "{\"sub\":\"u1\"," LATER "}");
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_UNVERIFIED);
    assert_int_equal(identify(self, authorization), AUTH_OK);
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_OK);
    assert_string_equal(self->caller.user, "u1");
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS + 700000, &self->caller, &self->why), AUTH_EXPIRED);
    assert_string_equal(self->caller.user, "");
    start(self); /* as after new keys */
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_UNVERIFIED);
}

static void a_bad_one_is_not_remembered(void **state)
{
    struct fixture *self = *state;
    char authorization[JWT_TEXT + 8] = "Bearer ";
    struct auth_input input = {.authorization = authorization, .known_only = true};
    hs256(authorization + 7, HEADER, "{\"sub\":\"\"," LATER "}");
    assert_int_equal(identify(self, authorization), AUTH_INVALID);
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_UNVERIFIED);
}

/* More than are remembered: those asked for stay, and each is who it was. */
static void many_are_remembered_but_not_all(void **state)
{
    struct fixture *self = *state;
    char authorization[JWT_TEXT + 8] = "Bearer ";
    char first[JWT_TEXT + 8] = "Bearer ";
    char claims[128];
    struct auth_input input = {.authorization = authorization, .known_only = true};
    hs256(first + 7, HEADER, "{\"sub\":\"first\"," LATER "}");
    for (int i = 0; i < 40000; i++) {
        snprintf(claims, sizeof claims, "{\"sub\":\"u%d\"," LATER "}", i);
        hs256(authorization + 7, HEADER, claims);
        assert_int_equal(identify(self, authorization), AUTH_OK);
        assert_int_equal(identify(self, first), AUTH_OK);
        assert_string_equal(self->caller.user, "first");
    }
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_OK);
    assert_string_equal(self->caller.user, "u39999");
    hs256(authorization + 7, HEADER, "{\"sub\":\"u0\"," LATER "}");
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_UNVERIFIED);
    input.authorization = first;
    assert_int_equal(auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why), AUTH_OK);
}

static void not_before_has_a_leeway_of_a_minute(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":1700000002}"), AUTH_OK);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":1700000060}"), AUTH_OK);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":1700000061}"), AUTH_INVALID);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":\"1600000000\"}"), AUTH_INVALID);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":1700000060.5}"), AUTH_INVALID);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":1.5}"), AUTH_OK);
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER ",\"nbf\":1e300}"), AUTH_INVALID);
}

static void the_audience_must_be_ours(void **state)
{
    struct fixture *self = *state;
    const char *const right[] = {"\"pre\\\"s\\\\\xc3\xa9\"", "[\"x\",\"pre\\\"s\\\\\xc3\xa9\"]",
                                 "[\"pre\\\"s\\\\\\u00e9\"]"};
    const char *const wrong[] = {"\"pre\"",
                                 "\"\"",
                                 "[]",
                                 "[\"x\"]",
                                 "null",
                                 "1",
                                 "{}",
                                 "[[\"pre\\\"s\\\\\xc3\xa9\"]]",
                                 "[1,\"pre\\\"s\\\\\xc3\xa9\"]",
                                 "\"x,pre\\\"s\\\\\xc3\xa9\"",
                                 "\"[\\\"pre\\\"s\\\\\xc3\xa9\\\"]\""};
    char claims[256];
    self->conf.jwt.audience = "pre\"s\\\xc3\xa9";
    start(self);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        snprintf(claims, sizeof claims, "{\"sub\":\"u1\"," LATER ",\"aud\":%s}", right[i]);
        assert_int_equal(with(self, HEADER, claims), AUTH_OK);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(claims, sizeof claims, "{\"sub\":\"u1\"," LATER ",\"aud\":%s}", wrong[i]);
        assert_int_equal(with(self, HEADER, claims), AUTH_INVALID);
    }
    assert_int_equal(with(self, HEADER, "{\"sub\":\"u1\"," LATER "}"), AUTH_INVALID);
}

static void why_says_nothing_of_the_credential(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(with(self, HEADER, "{\"sub\":\"secretive\",\"exp\":1}"), AUTH_EXPIRED);
    assert_non_null(strstr(self->why, "expired"));
    assert_null(strstr(self->why, "secretive"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_secret, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_good_one_tells_its_user_and_expiry),
        TEST(another_algorithm_is_invalid),
        TEST(no_algorithm_is_invalid),
        TEST(a_changed_signature_or_text_is_invalid),
        TEST(anything_but_three_parts_is_invalid),
        TEST(a_longer_one_than_a_header_holds_is_invalid),
        TEST(key_hints_are_not_followed),
        TEST(a_critical_header_is_invalid),
        TEST(a_subject_that_is_no_user_id_is_invalid),
        TEST(nothing_hides_behind_a_nul),
        TEST(claims_that_are_no_object_are_invalid),
        TEST(expiry_has_a_leeway_of_a_minute),
        TEST(an_expiry_is_any_number_of_seconds),
        TEST(an_expiry_that_is_no_number_of_seconds_is_invalid),
        TEST(the_type_is_a_jwt_or_an_access_token),
        TEST(only_a_known_one_needs_no_verifying),
        TEST(a_bad_one_is_not_remembered),
        TEST(many_are_remembered_but_not_all),
        TEST(not_before_has_a_leeway_of_a_minute),
        TEST(the_audience_must_be_ours),
        TEST(why_says_nothing_of_the_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
