/* SPDX-License-Identifier: ISC */
/* See redis_tls.h. */
#include "redis/redis_tls.h"

#include "base/address.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAULT_MAX = 400 };

struct redis_tls {
    SSL *ssl;   /* owned */
    char *name; /* owned */
    char fault[FAULT_MAX];
};

/* ---- what went wrong ---- */

#define SAY(self, ...) snprintf((self)->fault, sizeof(self)->fault, __VA_ARGS__)

static void explain_certificate(struct redis_tls *self, long verdict)
{
    const char *why = X509_verify_cert_error_string(verdict);

    switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        SAY(self,
            "the certificate of %s is not for that name; name the host as its certificate does, or set sni= to a name "
            "that it is for",
            self->name);
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED: SAY(self, "the certificate of %s has expired; renew it", self->name); break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        SAY(self, "the certificate of %s is not valid yet; look at the clocks of both machines", self->name);
        break;
    default:
        SAY(self, "the certificate of %s is not trusted here (%s); set ca= to a file with its issuer's certificate",
            self->name, why);
    }
}

/* What the alerts and faults mean that an administrator can do something about; else OpenSSL's own words. */
static void explain_protocol(struct redis_tls *self, unsigned long code)
{
    const char *why = ERR_reason_error_string(code);

    switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        SAY(self, "%s requires a client certificate; set cert= and key=", self->name);
        break;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        SAY(self, "%s refuses the TLS handshake; if it requires a client certificate, set cert= and key=", self->name);
        break;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        SAY(self, "%s refuses our certificate (%s); see cert= and Redis's tls-ca-cert-file", self->name, why);
        break;
    case SSL_R_WRONG_VERSION_NUMBER:
        SAY(self, "%s does not speak TLS on this port; use Redis's tls-port", self->name);
        break;
    default: SAY(self, "TLS with %s failed: %s", self->name, why ? why : "unknown error");
    }
}

/* Describes the fault ERROR (of SSL_get_error()) in FAULT; ERRNO is what errno was. */
static void explain(struct redis_tls *self, int error, int errno_then)
{
    unsigned long code = ERR_peek_last_error();
    long verdict = SSL_get_verify_result(self->ssl);

    if (error == SSL_ERROR_SSL && verdict != X509_V_OK)
        explain_certificate(self, verdict);
    else if (error == SSL_ERROR_SSL)
        explain_protocol(self, code);
    else
        SAY(self, "%s", errno_then != 0 ? strerror(errno_then) : "Redis closed it");
}

/* The result of a call of libssl that returned RESULT: EAGAIN, 0 for an end, or a fault. */
static ssize_t failed(struct redis_tls *self, int result)
{
    int errno_then = errno;
    int error = SSL_get_error(self->ssl, result);

    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        errno = EAGAIN;
        return -1;
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
        SAY(self, "Redis closed it");
        return 0;
    }
    explain(self, error, errno_then);
    errno = EPROTO;
    return -1;
}

/* ---- for callers ---- */

/* OpenSSL compares the certificate with the name. */
static bool expect_name(SSL *ssl, const char *name)
{
    if (address_is_ip(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct redis_tls *redis_tls_new(struct ssl_ctx_st *trust, int fd, const char *name)
{
    struct redis_tls *self = mem_new(sizeof *self);

    self->name = mem_text(name);
    self->ssl = SSL_new(trust);
    if (!self->ssl || !expect_name(self->ssl, name) || SSL_set_fd(self->ssl, fd) != 1)
        abort(); /* out of memory */
    return self;
}

void redis_tls_free(struct redis_tls *self)
{
    if (!self)
        return;
    SSL_free(self->ssl);
    free(self->name);
    free(self);
}

enum redis_tls_step redis_tls_shake(struct redis_tls *self)
{
    int errno_then;
    int result;
    int error;

    ERR_clear_error();
    errno = 0;
    result = SSL_connect(self->ssl);
    if (result == 1)
        return REDIS_TLS_DONE;
    errno_then = errno;
    error = SSL_get_error(self->ssl, result);
    if (error == SSL_ERROR_WANT_READ)
        return REDIS_TLS_READS;
    if (error == SSL_ERROR_WANT_WRITE)
        return REDIS_TLS_WRITES;
    explain(self, error, errno_then);
    return REDIS_TLS_FAILED;
}

static int least(size_t len)
{
    return len > INT_MAX ? INT_MAX : (int)len;
}

ssize_t redis_tls_recv(struct redis_tls *self, char *bytes, size_t size)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_read(self->ssl, bytes, least(size));
    return result > 0 ? result : failed(self, result);
}

/* Sending failed. What the peer said before it closed tells more: an alert, that our certificate is missing perhaps. */
static ssize_t send_failed(struct redis_tls *self)
{
    char byte;

    if (redis_tls_recv(self, &byte, 1) < 0 && errno == EPROTO)
        return -1;
    errno = EPROTO;
    return -1;
}

/* Record by record, until the socket takes no more. */
ssize_t redis_tls_send(struct redis_tls *self, const char *bytes, size_t len)
{
    size_t sent = 0;

    while (sent < len) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_write(self->ssl, bytes + sent, least(len - sent));
        if (result > 0) {
            sent += (size_t)result;
            continue;
        }
        if (failed(self, result) == 0 || errno != EAGAIN)
            return send_failed(self);
        break;
    }
    return sent > 0 ? (ssize_t)sent : -1;
}

bool redis_tls_has_input(const struct redis_tls *self)
{
    return SSL_has_pending(self->ssl) != 0;
}

const char *redis_tls_fault(const struct redis_tls *self)
{
    return self->fault;
}
