/* SPDX-License-Identifier: ISC */
/*
 * A connection to a web server for --doctor: TCP, blocking with time limits, with TLS on top if the site is HTTPS. Home of
 * libssl.
 */
#ifndef ROLLCALL_DOCTOR_STREAM_H
#define ROLLCALL_DOCTOR_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;

struct doctor_stream {
    int fd;                   /* owned; -1: none */
    struct ssl_ctx_st *trust; /* owned; NULL without TLS */
    struct ssl_st *tls;       /* owned; NULL without TLS */
    bool local;               /* the server is on this machine */
};

/*
 * Connects to PORT of HOST, waiting for PATIENCE_S seconds in each step. With TLS the certificate must be HOST's, by an
 * issuer that this machine trusts (or SSL_CERT_FILE names). False with a sentence in ERROR (of SIZE bytes). To be closed in
 * either case.
 */
bool doctor_stream_open(struct doctor_stream *self, const char *host, int port, bool tls, unsigned patience_s,
                        char *error, size_t size);
void doctor_stream_close(struct doctor_stream *self);

bool doctor_stream_send(struct doctor_stream *self, const char *bytes, size_t len);
/* How many bytes came; 0 at the end; -1 if nothing came in time. */
ssize_t doctor_stream_receive(struct doctor_stream *self, char *bytes, size_t size);

#endif
