/* SPDX-License-Identifier: ISC */
/*
 * The JWT algorithms that Rollcall accepts (RFC 7518, 3.1; RFC 8037), in one table: the configuration checks the name,
 * auth/ the key and the signature. Constant data; knows no crypto library.
 */
#ifndef ROLLCALL_BASE_JWT_ALGORITHM_H
#define ROLLCALL_BASE_JWT_ALGORITHM_H

enum jwt_family {
    JWT_SECRET,  /* HMAC: one secret signs and verifies */
    JWT_RSA,     /* RSA with PKCS #1 v1.5 padding */
    JWT_EC,      /* ECDSA: the signature is r and s, of equal length */
    JWT_EDWARDS, /* Ed25519 */
};

struct jwt_algorithm {
    const char *name; /* as in the header "alg" of a JWT */
    enum jwt_family family;
    const char *digest;  /* as OpenSSL calls it; NULL if the algorithm has its own */
    int key_bits;        /* RSA: at least so many; EC: exactly so many; 0: not counted in bits */
    int signature_bytes; /* 0: as long as the key, which RSA itself checks */
};

/* The names as a message lists them. */
#define JWT_ALGORITHM_NAMES "HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, EdDSA"

/* The row of NAME, static; NULL if there is none. Case counts. */
const struct jwt_algorithm *jwt_algorithm_find(const char *name);

#endif
