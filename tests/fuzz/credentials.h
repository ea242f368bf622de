/* SPDX-License-Identifier: ISC */
/*
 * What callers of the fuzz targets identify themselves with: the tokens that the directory has, and the key that JWTs
 * are signed with. Inputs hold them as they are, so they never change.
 */
#ifndef ROLLCALL_TESTS_FUZZ_CREDENTIALS_H
#define ROLLCALL_TESTS_FUZZ_CREDENTIALS_H

#include "auth/sha256.h"
#include "directory/tokens.h"
#include "fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/mman.h>
#include <unistd.h>

#define ADMIN_TOKEN    "rc_AdminAdminAdminAdminAdminAdminAdminAdminAdm"
#define USER_TOKEN     "rc_UserUserUserUserUserUserUserUserUserUserUse" /* of u1, a member of acme */
#define STRANGER_TOKEN "rc_StrangerStrangerStrangerStrangerStrangerStr" /* of s1, a member of nothing */
#define EXPIRED_TOKEN  "rc_ExpiredExpiredExpiredExpiredExpiredExpiredE" /* of u1, long ago */
#define JWT_SECRET_KEY "0123456789abcdef0123456789abcdef"

enum { CREDENTIALS_JWT_MAX = 16384 };

static inline void credentials_grant(struct directory *directory, const char *token, const char *user,
                                     int64_t expires_ms)
{
    unsigned char hash[SHA256_BYTES];
    struct token_grant grant = {.hash = hash, .user = user, .label = "fuzz", .expires_ms = expires_ms};
    struct sha256 sha256;
    int64_t id;

    sha256_init(&sha256);
    sha256_hash(&sha256, token, strlen(token), hash);
    sha256_fini(&sha256);
    insist(directory_add_token(directory, &grant, &id) == DIRECTORY_CREATED, "a token can be granted");
}

/* Puts all tokens into DIRECTORY. */
static inline void credentials_grant_all(struct directory *directory)
{
    credentials_grant(directory, ADMIN_TOKEN, NULL, 0);
    credentials_grant(directory, USER_TOKEN, "u1", 0);
    credentials_grant(directory, STRANGER_TOKEN, "s1", 0);
    credentials_grant(directory, EXPIRED_TOKEN, "u1", 1000);
}

/* The path of a file with the key, which is only in memory. */
static inline char *credentials_key_file(void)
{
    static char path[40];
    int fd = memfd_create("jwt.key", MFD_CLOEXEC);

    insist(fd >= 0 && write(fd, JWT_SECRET_KEY, strlen(JWT_SECRET_KEY)) == (ssize_t)strlen(JWT_SECRET_KEY),
           "a key can be written");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

/* Appends LEN BYTES to OUT, a text, as unpadded base64url. */
static inline void credentials_add_base64url(char *out, const void *bytes, size_t len)
{
    char *at = out + strlen(out);

    EVP_EncodeBlock((unsigned char *)at, bytes, (int)len);
    for (; *at; at++) {
        if (*at == '+')
            *at = '-';
        else if (*at == '/')
            *at = '_';
        else if (*at == '=')
            *at = '\0';
    }
}

/*
 * Appends to OUT, which has CREDENTIALS_JWT_MAX bytes more, the JWT of HEADER and CLAIMS, signed with the key. False if
 * they are too long.
 */
static inline bool credentials_sign(char *out, const char *header, const char *claims)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    char *start = out + strlen(out);

    if ((strlen(header) + strlen(claims)) / 3 * 4 + 200 > CREDENTIALS_JWT_MAX)
        return false;
    credentials_add_base64url(start, header, strlen(header));
    strcat(start, ".");
    credentials_add_base64url(start, claims, strlen(claims));
    HMAC(EVP_sha256(), JWT_SECRET_KEY, (int)strlen(JWT_SECRET_KEY), (unsigned char *)start, strlen(start), mac,
         &mac_len);
    strcat(start, ".");
    credentials_add_base64url(start, mac, mac_len);
    return true;
}

#endif
