/* SPDX-License-Identifier: ISC */
/*
 * What the tests of auth/ share: a configuration by hand, a directory with a member, and a signer that makes JWTs of
 * any text, malformed ones too, which a library would refuse to make.
 */
#ifndef ROLLCALL_TESTS_AUTH_FIXTURE_H
#define ROLLCALL_TESTS_AUTH_FIXTURE_H

#include "auth/auth.h"
#include "auth/token.h"
#include "directory/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JWT_TEXT = 16384 };

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW_MS INT64_C(1700000000000)

struct fixture {
    char root[64];
    char key_file[128];
    struct conf conf;
    struct directory *directory;
    struct auth *auth;
    struct caller caller;
    const char *why;
    char error[1024];
};

static inline int remove_one(const char *path, const struct stat *is, int kind, struct FTW *at)
{
    (void)is;
    (void)kind;
    (void)at;
    return remove(path);
}

/* Every way is enabled, token first; the key file is not there yet. */
static inline int setup(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    const char *base = getenv("TMPDIR");
    char path[128];
    snprintf(self->root, sizeof self->root, "%.40s/rollcall-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(self->root));
    snprintf(self->key_file, sizeof self->key_file, "%s/jwt.key", self->root);
    snprintf(path, sizeof path, "%s/rollcall.db", self->root);
    self->directory = directory_open(path, self->error, sizeof self->error);
    assert_non_null(self->directory);
    self->conf.auth[0] = CONF_AUTH_TOKEN;
    self->conf.auth[1] = CONF_AUTH_JWT;
    self->conf.auth[2] = CONF_AUTH_REMOTE_USER;
    self->conf.auth_count = 3;
    self->conf.jwt.algorithm = "HS256";
    self->conf.jwt.key_file = self->key_file;
    self->conf.jwt.audience = "";
    *state = self;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *self = *state;
    auth_free(self->auth);
    directory_close(self->directory);
    nftw(self->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(self);
    return 0;
}

static inline void write_key(struct fixture *self, const void *bytes, size_t len)
{
    FILE *file = fopen(self->key_file, "w");
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    fclose(file);
}

static inline enum directory_result add_token(struct directory *directory, const unsigned char *hash, const char *user,
                                              int64_t expires_ms, int64_t *id)
{
    struct token_grant grant = {.hash = hash, .user = user, .expires_ms = expires_ms};
    return directory_add_token(directory, &grant, id);
}

static inline void start(struct fixture *self)
{
    auth_free(self->auth);
    self->auth = auth_new(&self->conf, self->directory, self->error, sizeof self->error);
    if (!self->auth)
        fail_msg("%s", self->error);
}

static inline enum auth_result identify(struct fixture *self, const char *authorization)
{
    struct auth_input input = {.authorization = authorization};
    return auth_identify(self->auth, &input, NOW_MS, &self->caller, &self->why);
}

/* "Bearer " and TOKEN. */
static inline enum auth_result identify_bearer(struct fixture *self, const char *token)
{
    char header[2 * JWT_TEXT];
    snprintf(header, sizeof header, "Bearer %s", token);
    return identify(self, header);
}

/* Appends BYTES to OUT, a text, as unpadded base64url. */
static inline void add_base64url(char *out, const void *bytes, size_t len)
{
    char *at = out + strlen(out);
    int written = EVP_EncodeBlock((unsigned char *)at, bytes, (int)len);
    for (int i = 0; i < written; i++) {
        if (at[i] == '+')
            at[i] = '-';
        else if (at[i] == '/')
            at[i] = '_';
        else if (at[i] == '=')
            at[i] = '\0';
    }
}

/* The signed part: HEADER and CLAIMS, as bytes, each in base64url. */
static inline void signed_part(char *out, const void *header, size_t header_len, const void *claims, size_t claims_len)
{
    out[0] = '\0';
    add_base64url(out, header, header_len);
    strcat(out, ".");
    add_base64url(out, claims, claims_len);
}

static inline void add_hmac(char *out, const EVP_MD *digest, const void *key, size_t key_len)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    HMAC(digest, key, (int)key_len, (unsigned char *)out, strlen(out), mac, &mac_len);
    strcat(out, ".");
    add_base64url(out, mac, mac_len);
}

/* A JWT of the two texts, signed with SECRET by HMAC-SHA-256. */
static inline const char *hs256(char *out, const char *header, const char *claims)
{
    signed_part(out, header, strlen(header), claims, strlen(claims));
    add_hmac(out, EVP_sha256(), SECRET, strlen(SECRET));
    return out;
}

#endif
