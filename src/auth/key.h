/* SPDX-License-Identifier: ISC */
/*
 * The key that JWTs are verified with, read from its file once and checked: with an empty or guessable key, or a public
 * key used as a secret, anyone could sign.
 */
#ifndef ROLLCALL_AUTH_KEY_H
#define ROLLCALL_AUTH_KEY_H

#include "base/jwt_algorithm.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

struct key {
    const struct jwt_algorithm *algorithm; /* static */
    const EVP_MD *digest;                  /* static; NULL if the algorithm has its own */
    EVP_PKEY *pkey;                        /* owned */
};

/*
 * Reads the key for ALGORITHM from FILE: a secret of at least 32 bytes, or a public key in PEM of the right kind and
 * size. False with a sentence in ERROR (of SIZE bytes), SELF being empty. End with key_fini() in any case.
 */
bool key_read(struct key *self, const struct jwt_algorithm *algorithm, const char *file, char *error, size_t size);

/* Frees what SELF holds; it may be empty. */
void key_fini(struct key *self);

#endif
