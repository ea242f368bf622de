/* SPDX-License-Identifier: ISC */
/* Keys that JWTs are checked with: which are refused at the start, and public ones in use. */
#include "fixture.h"

#define CLAIMS "{\"sub\":\"u1\",\"exp\":1700000600}"

static int with_jwt(void **state)
{
    setup(state);
    struct fixture *self = *state;
    self->conf.auth[0] = CONF_AUTH_JWT;
    self->conf.auth_count = 1;
    return 0;
}

static void refused(struct fixture *self, const char *reason)
{
    struct auth *auth = auth_new(&self->conf, self->directory, self->error, sizeof self->error);
    auth_free(auth);
    assert_null(auth);
    if (strstr(self->error, reason) == NULL || strstr(self->error, self->conf.jwt.key_file) == NULL)
        fail_msg("\"%s\" does not name %s and %s", self->error, self->conf.jwt.key_file, reason);
}

static void refused_key(struct fixture *self, const char *bytes, size_t len, const char *reason)
{
    write_key(self, bytes, len);
    refused(self, reason);
}

/* The public half of KEY in PEM, as the key file. */
static void write_public(struct fixture *self, EVP_PKEY *key)
{
    FILE *file = fopen(self->key_file, "w");
    assert_int_equal(PEM_write_PUBKEY(file, key), 1);
    fclose(file);
}

static void an_empty_blank_or_short_secret_is_refused(void **state)
{
    struct fixture *self = *state;
    refused_key(self, "", 0, "empty");
    refused_key(self, "\n", 1, "empty");
    refused_key(self, " ", 1, "blank");
    refused_key(self, "                                        \n", 41, "blank");
    refused_key(self, SECRET, 31, "too short");
    refused_key(self, "0123456789abcdef0123456789abcde\n", 32, "too short");
    refused_key(self, "\xef\xbb\xbf" SECRET, sizeof SECRET + 2, "byte order mark");
}

static void a_missing_unreadable_or_huge_key_file_is_refused(void **state)
{
    struct fixture *self = *state;
    char *huge = calloc(1, 65537);
    memset(huge, 'x', 65537);
    refused(self, "No such file");
    refused_key(self, huge, 65537, "too large");
    free(huge);
    self->conf.jwt.key_file = self->root;
    refused(self, "directory");
}

static void an_unknown_algorithm_is_refused(void **state)
{
    struct fixture *self = *state;
    const char *const names[] = {"none", "", "hs256", "HS128"};
    write_key(self, SECRET, strlen(SECRET));
    for (size_t i = 0; i < 4; i++) {
        self->conf.jwt.algorithm = (char *)names[i];
        assert_null(auth_new(&self->conf, self->directory, self->error, sizeof self->error));
        assert_non_null(strstr(self->error, "HS256"));
    }
}

static void one_newline_and_no_more_is_stripped_from_a_secret(void **state)
{
    struct fixture *self = *state;
    char text[JWT_TEXT];
    hs256(text, "{\"alg\":\"HS256\"}", CLAIMS);
    write_key(self, SECRET, strlen(SECRET));
    start(self);
    assert_int_equal(identify_bearer(self, text), AUTH_OK);
    write_key(self, SECRET "\n", strlen(SECRET) + 1);
    start(self);
    assert_int_equal(identify_bearer(self, text), AUTH_OK);
    write_key(self, SECRET "\n\n", strlen(SECRET) + 2);
    start(self);
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
}

static void a_secret_may_hold_any_byte(void **state)
{
    struct fixture *self = *state;
    static const char secret[40] = {1, 0, 2, 0, 3};
    char text[JWT_TEXT];
    signed_part(text, "{\"alg\":\"HS256\"}", 15, CLAIMS, strlen(CLAIMS));
    add_hmac(text, EVP_sha256(), secret, sizeof secret);
    write_key(self, secret, sizeof secret);
    start(self);
    assert_int_equal(identify_bearer(self, text), AUTH_OK);
}

static void a_key_of_the_wrong_kind_or_size_is_refused(void **state)
{
    struct fixture *self = *state;
    EVP_PKEY *small = EVP_RSA_gen(1024);
    EVP_PKEY *curve = EVP_EC_gen("P-384");
    write_public(self, small);
    refused(self, "needs a secret");
    self->conf.jwt.algorithm = "RS256";
    refused(self, "1024 bits");
    write_public(self, curve);
    refused(self, "not an RSA key");
    self->conf.jwt.algorithm = "ES256";
    refused(self, "384 bits");
    refused_key(self, SECRET, strlen(SECRET), "does not hold a public key in PEM");
    FILE *file = fopen(self->key_file, "w");
    PEM_write_PrivateKey(file, curve, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    refused(self, "does not hold a public key in PEM");
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
}

/* Appends the signature that DigestSign makes of OUT; raw r and s of 32 bytes each if KEY is on a curve. */
static void add_signature(char *out, EVP_PKEY *key)
{
    unsigned char sig[1024];
    size_t len = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key);
    assert_int_equal(EVP_DigestSign(ctx, sig, &len, (unsigned char *)out, strlen(out)), 1);
    EVP_MD_CTX_free(ctx);
    strcat(out, ".");
    if (EVP_PKEY_base_id(key) == EVP_PKEY_EC) {
        const unsigned char *at = sig;
        unsigned char raw[64];
        ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
        ECDSA_SIG_free(pair);
        add_base64url(out, raw, sizeof raw);
    } else {
        add_base64url(out, sig, len);
    }
}

static void public_keys_verify_and_nothing_else_passes(struct fixture *self, char *algorithm, EVP_PKEY *key)
{
    char header[64];
    char text[JWT_TEXT];
    char pem[8192] = "";
    self->conf.jwt.algorithm = algorithm;
    write_public(self, key);
    start(self);
    snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algorithm);
    signed_part(text, header, strlen(header), CLAIMS, strlen(CLAIMS));
    add_signature(text, key);
    assert_int_equal(identify_bearer(self, text), AUTH_OK);
    assert_string_equal(self->caller.user, "u1");
    text[strlen(text) - 20] ^= 1;
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
    /* The old trick: the public key, which everybody knows, as the secret of HS256. */
    FILE *file = fopen(self->key_file, "r");
    size_t len = fread(pem, 1, sizeof pem, file);
    fclose(file);
    signed_part(text, "{\"alg\":\"HS256\"}", 15, CLAIMS, strlen(CLAIMS));
    add_hmac(text, EVP_sha256(), pem, len);
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
    signed_part(text, "{\"alg\":\"none\"}", 14, CLAIMS, strlen(CLAIMS));
    strcat(text, ".AAAA");
    assert_int_equal(identify_bearer(self, text), AUTH_INVALID);
}

static void rsa_keys_verify(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    public_keys_verify_and_nothing_else_passes(*state, "RS256", key);
    EVP_PKEY_free(key);
}

static void curve_keys_verify(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    public_keys_verify_and_nothing_else_passes(*state, "ES256", key);
    EVP_PKEY_free(key);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_jwt, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_blank_or_short_secret_is_refused),
        TEST(a_missing_unreadable_or_huge_key_file_is_refused),
        TEST(an_unknown_algorithm_is_refused),
        TEST(one_newline_and_no_more_is_stripped_from_a_secret),
        TEST(a_secret_may_hold_any_byte),
        TEST(a_key_of_the_wrong_kind_or_size_is_refused),
        TEST(rsa_keys_verify),
        TEST(curve_keys_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
