/* SPDX-License-Identifier: ISC */
/*
 * The ways to tell who is asking, as auth.c tries them, and what they share. Each fills CALLER (zeroed before) when it
 * answers AUTH_OK and says in WHY, a static sentence without any part of the credential, why it does not.
 */
#ifndef ROLLCALL_AUTH_WAYS_H
#define ROLLCALL_AUTH_WAYS_H

#include "auth/auth.h"

#include <openssl/evp.h>

struct jwt_rules;

struct auth {
    const struct conf *conf;     /* borrowed: outlives us */
    struct directory *directory; /* borrowed: outlives us */
    EVP_MD *sha256;              /* owned: fetched once, as each fetch costs more than the hash */
    EVP_MD_CTX *digest;          /* owned */
    struct jwt_rules *jwt;       /* owned; NULL where the configuration has no jwt */
    struct claims claims;        /* of the caller told of last */
};

/* TEXT of LEN bytes is what follows the word Bearer. */
enum auth_result token_identify(struct auth *self, const char *text, size_t len, int64_t now_ms, struct caller *caller,
                                const char **why);
/* Where the configuration admits users by what their JWT says, that goes into CLAIMS, which CALLER then has. */
enum auth_result jwt_identify(const struct jwt_rules *self, const char *text, size_t len, int64_t now_ms,
                              struct claims *claims, struct caller *caller, const char **why);
enum auth_result remote_user_identify(const struct auth_input *input, struct caller *caller, const char **why);

/* Whether the request has a user of the gateway's at all. */
bool remote_user_used(const struct auth_input *input);

/* Algorithm, key and audience of CONF, read and checked. NULL with a sentence in ERROR. */
struct jwt_rules *jwt_rules_new(const struct conf *conf, char *error, size_t size);
void jwt_rules_free(struct jwt_rules *self);

/* ---- key.c ---- */

enum key_kind { KEY_SECRET, KEY_RSA, KEY_EC, KEY_EDWARDS };

struct key {
    unsigned char *bytes; /* owned; zeroed before it is freed */
    size_t len;
};

/*
 * The key of KIND in FILE: a secret of at least 32 bytes, or a public key in PEM of at least BITS bits (of exactly as
 * many for EC; Ed25519 for EDWARDS). False with a sentence in ERROR, naming ALGORITHM, which it is for.
 */
bool key_read(struct key *self, const char *file, enum key_kind kind, int bits, const char *algorithm, char *error,
              size_t size);
void key_fini(struct key *self);

/* ---- claims.c ---- */

/*
 * The workspaces in WORKSPACES (compact JSON as libjwt gives it; NULL for none), and NAME (NULL for none; one that is not
 * fit to be shown counts as none). False where WORKSPACES is no array of at most LIMIT_CLAIMED_WORKSPACES ids.
 */
bool claims_read(struct claims *self, const char *workspaces, const char *name);

/* ---- base64url.c ---- */

/*
 * Decodes LEN characters of unpadded base64url (RFC 4648, section 5) into OUT, of at least 3 * LEN / 4 bytes, and
 * sets OUT_LEN. False where TEXT is not exactly what an encoder makes: another character, padding, a length or last
 * bits that no encoder leaves.
 */
bool base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len);

#endif
