/* SPDX-License-Identifier: ISC */
/* See doctor_stream.h. */
#include "doctor/doctor_stream.h"

#include "base/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- TCP ---- */

static void set_patience(int fd, unsigned seconds)
{
    struct timeval limit = {.tv_sec = (time_t)seconds};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* Whether a call, which returned RESULT, is to be made again. With such limits it ends if the program was suspended. */
static bool was_interrupted(ssize_t result)
{
    return result < 0 && errno == EINTR;
}

/* As connect(2), which goes on with what it began. */
static bool connect_to(int fd, const struct addrinfo *to)
{
    int result;

    do {
        result = connect(fd, to->ai_addr, to->ai_addrlen);
    } while (was_interrupted(result));
    return result == 0;
}

/* A connection to the first of ALL that accepts one; -1 with a sentence in ERROR. */
static int connect_first(const struct addrinfo *all, const struct doctor_peer *peer, char *error, size_t size)
{
    for (const struct addrinfo *one = all; one; one = one->ai_next) {
        int fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        set_patience(fd, peer->patience_s);
        if (connect_to(fd, one))
            return fd;
        snprintf(error, size, "%s port %d: %s", peer->host, peer->port, strerror(errno));
        close(fd);
    }
    return -1;
}

static int dial(const struct doctor_peer *peer, char *error, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char port[12];

    snprintf(port, sizeof port, "%d", peer->port);
    int code = getaddrinfo(peer->host, port, &hints, &all);
    if (code != 0) {
        snprintf(error, size, "%s: %s", peer->host, gai_strerror(code));
        return -1;
    }
    int fd = connect_first(all, peer, error, size);
    freeaddrinfo(all);
    return fd;
}

/* The address of the end of FD that GET returns, as text. */
static void name_end(int fd, int (*get)(int, struct sockaddr *, socklen_t *), char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;

    if (get(fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, out, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST) != 0)
        out[0] = '\0';
}

/* A connection has the same address at both ends only within one machine. */
static bool is_local(int fd)
{
    char own[INET6_ADDRSTRLEN];
    char theirs[INET6_ADDRSTRLEN];

    name_end(fd, getsockname, own);
    name_end(fd, getpeername, theirs);
    return *own && strcmp(own, theirs) == 0;
}

/* ---- TLS ---- */

/* Has OpenSSL check that the certificate is for HOST. */
static bool expect_host(struct ssl_st *tls, const char *host)
{
    if (address_is_ip(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
    return SSL_set1_host(tls, host) == 1 && SSL_set_tlsext_host_name(tls, host) == 1;
}

static void explain(const struct ssl_st *tls, const char *host, char *error, size_t size)
{
    long verdict = SSL_get_verify_result(tls);
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
        snprintf(error, size, "its certificate is not for %s: use a name that it is for", host);
    else if (verdict != X509_V_OK)
        snprintf(error, size,
                 "its certificate is not trusted here: %s; if you issued it yourself, set SSL_CERT_FILE to a file with "
                 "the issuer's certificate",
                 X509_verify_cert_error_string(verdict));
    else
        snprintf(error, size, "the TLS handshake failed: %s", why ? why : "the connection ended or was silent");
}

static bool secure(struct doctor_stream *self, const char *host, char *error, size_t size)
{
    self->trust = SSL_CTX_new(TLS_client_method());
    if (!self->trust || SSL_CTX_set_default_verify_paths(self->trust) != 1)
        abort(); /* out of memory */
    SSL_CTX_set_verify(self->trust, SSL_VERIFY_PEER, NULL);
    /* Many servers close without a TLS close_notify. Whether an answer is complete is seen by its own length. */
    SSL_CTX_set_options(self->trust, SSL_OP_IGNORE_UNEXPECTED_EOF);
    self->tls = SSL_new(self->trust);
    if (!self->tls || !expect_host(self->tls, host) || SSL_set_fd(self->tls, self->fd) != 1)
        abort();
    int result;
    do {
        errno = 0; /* a fault of TLS leaves it as it is */
        result = SSL_connect(self->tls);
    } while (was_interrupted(result));
    if (result == 1)
        return true;
    explain(self->tls, host, error, size);
    return false;
}

/* ---- both ---- */

bool doctor_stream_open(struct doctor_stream *self, const struct doctor_peer *peer, char *error, size_t size)
{
    *self = (struct doctor_stream){.fd = dial(peer, error, size)};
    if (self->fd < 0)
        return false;
    self->local = is_local(self->fd);
    return !peer->tls || secure(self, peer->host, error, size);
}

void doctor_stream_close(struct doctor_stream *self)
{
    SSL_free(self->tls);
    SSL_CTX_free(self->trust);
    if (self->fd >= 0)
        close(self->fd);
    *self = (struct doctor_stream){.fd = -1};
}

bool doctor_stream_send(struct doctor_stream *self, const char *bytes, size_t len)
{
    while (len > 0) {
        errno = 0;
        ssize_t some = self->tls ? SSL_write(self->tls, bytes, (int)len) : send(self->fd, bytes, len, MSG_NOSIGNAL);

        if (was_interrupted(some))
            continue;
        if (some <= 0)
            return false;
        bytes += some;
        len -= (size_t)some;
    }
    return true;
}

bool doctor_stream_wait(struct doctor_stream *self, int ms)
{
    struct pollfd look = {.fd = self->fd, .events = POLLIN};

    return (self->tls && SSL_pending(self->tls) > 0) || poll(&look, 1, ms) > 0;
}

ssize_t doctor_stream_receive(struct doctor_stream *self, char *bytes, size_t size)
{
    ssize_t got;

    do {
        errno = 0;
        got = self->tls ? SSL_read(self->tls, bytes, (int)size) : recv(self->fd, bytes, size, 0);
    } while (was_interrupted(got));
    if (!self->tls || got > 0)
        return got;
    return SSL_get_error(self->tls, (int)got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}
