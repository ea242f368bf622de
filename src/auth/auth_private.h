/* SPDX-License-Identifier: ISC */
/*
 * The ways to tell who is asking, as auth.c tries them, and what they share. Each fills CALLER (zeroed before) when it
 * answers AUTH_OK and says in WHY, a static sentence without any part of the credential, why it does not.
 */
#ifndef ROLLCALL_AUTH_WAYS_H
#define ROLLCALL_AUTH_WAYS_H

#include "auth/auth.h"

#include <openssl/evp.h>

struct jwt_memory;
struct jwt_rules;

struct auth {
    const struct conf *conf;     /* borrowed: outlives us */
    struct directory *directory; /* borrowed: outlives us */
    EVP_MD *sha256;              /* owned: fetched once, as each fetch costs more than the hash */
    EVP_MD_CTX *digest;          /* owned */
    struct jwt_rules *jwt;       /* owned; NULL where the configuration has no jwt */
    struct jwt_memory *known;    /* owned; NULL as above */
};

/* The SHA-256 of LEN bytes of TEXT into HASH. */
enum { AUTH_HASH_BYTES = 32 };
void auth_hash(const struct auth *self, const char *text, size_t len, unsigned char *hash);

/* TEXT of LEN bytes is what follows the word Bearer. */
enum auth_result token_identify(struct auth *self, const char *text, size_t len, int64_t now_ms, struct caller *caller,
                                const char **why);

/* ---- jwt.c ---- */

/* What a JWT says that was found to be signed by us. */
struct jwt_facts {
    char user[IDS_USER_MAX + 1];
    int64_t exp_ms;
    int64_t nbf_ms;              /* INT64_MIN: none */
    int64_t iat_ms;              /* 0: none */
    const struct claims *claims; /* NULL unless users are admitted by them and there are any */
};

/*
 * Reads TEXT of LEN bytes and verifies it. False if it is not signed by us, or malformed. FACTS then holds what it says,
 * be it valid now or not; its claims, if any, are in CLAIMS.
 */
bool jwt_read(const struct jwt_rules *self, const char *text, size_t len, struct jwt_facts *facts,
              struct claims *claims, const char **why);

/* What FACTS mean at NOW_MS. CALLER borrows its claims. */
enum auth_result jwt_judge(const struct jwt_facts *facts, int64_t now_ms, struct caller *caller, const char **why);
enum auth_result remote_user_identify(const struct auth_input *input, struct caller *caller, const char **why);

/* Whether the request has a user of the gateway's at all. */
bool remote_user_used(const struct auth_input *input);

/* Algorithm, key and audience of CONF, read and checked. NULL with a sentence in ERROR. */
struct jwt_rules *jwt_rules_new(const struct conf *conf, char *error, size_t size);
void jwt_rules_free(struct jwt_rules *self);

/* ---- key.c ---- */

enum key_kind { KEY_SECRET, KEY_RSA, KEY_EC, KEY_EDWARDS };

/* A key, parsed once. */
struct key {
    enum key_kind kind;
    EVP_PKEY *pkey; /* owned */
};

/*
 * The key of KIND in FILE: a secret of at least 32 bytes, or a public key in PEM of at least BITS bits (of exactly as
 * many for EC; Ed25519 for EDWARDS). False with a sentence in ERROR, naming ALGORITHM, which it is for.
 */
bool key_read(struct key *self, const char *file, enum key_kind kind, int bits, const char *algorithm, char *error,
              size_t size);
void key_fini(struct key *self);

/* ---- signature.c ---- */

/* Whether SIGNATURE is what KEY makes of LEN bytes of TEXT with DIGEST (NULL for EDWARDS), in the form of RFC 7518, 3. */
bool signature_ok(const struct key *key, const EVP_MD *digest, const char *text, size_t len,
                  const unsigned char *signature, size_t signature_len);

/* ---- jwt_memory.c ---- */

/*
 * JWTs that were verified, by the SHA-256 of their text, so that each is verified once and not at each request. Bounded: past
 * some MB those not asked for lately are forgotten. They stay beyond their end, so that an old one is known to have been good.
 */
struct jwt_memory *jwt_memory_new(void);
void jwt_memory_free(struct jwt_memory *self);

/* What is known of HASH, or NULL. Valid until the next call. */
const struct jwt_facts *jwt_memory_find(struct jwt_memory *self, const unsigned char *hash);
/* Remembers a copy of FACTS, and returns it. */
const struct jwt_facts *jwt_memory_add(struct jwt_memory *self, const unsigned char *hash,
                                       const struct jwt_facts *facts);

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
