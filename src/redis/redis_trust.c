/* SPDX-License-Identifier: ISC */
/* See redis_trust.h. */
#include "redis/redis_trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fail(char *error, size_t size, const char *file, const char *why)
{
    snprintf(error, size, "%s: %s", file, why);
    return false;
}

/* What OpenSSL has against FILE; ADVICE if it does not say it well. */
static bool bad_file(char *error, size_t size, const char *file, const char *advice)
{
    unsigned long last = ERR_peek_last_error();

    if (access(file, R_OK) != 0)
        return fail(error, size, file, strerror(errno));
    if (ERR_GET_LIB(last) == ERR_LIB_X509 && ERR_GET_REASON(last) == X509_R_KEY_VALUES_MISMATCH)
        return fail(error, size, file, "this is not the key of the certificate that cert names");
    return fail(error, size, file, advice);
}

/* Asked for the password of a key: there is nobody who could type it. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static bool read_ca(SSL_CTX *self, const struct conf_redis *conf, char *error, size_t size)
{
    if (!conf->ca)
        return SSL_CTX_set_default_verify_paths(self) == 1 ||
               fail(error, size, "the system's certificates", "they cannot be read");
    return SSL_CTX_load_verify_file(self, conf->ca) == 1 ||
           bad_file(error, size, conf->ca, "it has no certificate: ca is a file in PEM format");
}

static bool read_own(SSL_CTX *self, const struct conf_redis *conf, char *error, size_t size)
{
    if (!conf->cert)
        return true;
    if (SSL_CTX_use_certificate_chain_file(self, conf->cert) != 1)
        return bad_file(error, size, conf->cert, "it has no certificate: cert is a file in PEM format");
    return SSL_CTX_use_PrivateKey_file(self, conf->key, SSL_FILETYPE_PEM) == 1 ||
           bad_file(error, size, conf->key,
                    "it has no key that can be used: key is a file in PEM format, without a password");
}

struct ssl_ctx_st *redis_trust_new(const struct conf_redis *conf, char *error, size_t size)
{
    SSL_CTX *self = SSL_CTX_new(TLS_client_method());

    if (!self || SSL_CTX_set_min_proto_version(self, TLS1_2_VERSION) != 1)
        abort(); /* out of memory */
    ERR_clear_error();
    SSL_CTX_set_verify(self, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(self, no_password);
    /* A reply knows its own length: an end without close_notify, as Redis makes it, cuts off nothing unnoticed. */
    SSL_CTX_set_options(self, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    /* The buffer of a connection may move while a part of it waits to be sent. */
    SSL_CTX_set_mode(self, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(self, 1);
    if (read_ca(self, conf, error, size) && read_own(self, conf, error, size))
        return self;
    SSL_CTX_free(self);
    return NULL;
}

void redis_trust_free(struct ssl_ctx_st *self)
{
    SSL_CTX_free(self);
}

bool redis_trust_check(const struct conf_redis *conf, char *error, size_t size)
{
    struct ssl_ctx_st *trust;

    if (!conf->tls && !conf->sentinel_tls)
        return true;
    trust = redis_trust_new(conf, error, size);
    redis_trust_free(trust);
    return trust;
}
