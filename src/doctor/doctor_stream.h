/* SPDX-License-Identifier: ISC */
/*
 * A connection to a web server for --doctor: TCP, blocking with time limits, with TLS on top if the site is HTTPS.
 * With redis/, the only user of libssl.
 */
#ifndef ROLLCALL_DOCTOR_STREAM_H
#define ROLLCALL_DOCTOR_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;

/* Where to connect. */
struct doctor_peer {
    const char *host; /* borrowed */
    int port;
    bool tls;
    unsigned patience_s; /* the time limit of each step */
};

struct doctor_stream {
    int fd;                   /* owned; -1: none */
    struct ssl_ctx_st *trust; /* owned; NULL without TLS */
    struct ssl_st *tls;       /* owned; NULL without TLS */
    bool local;               /* the server is on this machine */
};

/*
 * Connects to PEER. With TLS the certificate must be for its host, from an issuer that this machine trusts (or that
 * SSL_CERT_FILE names). Returns false with a sentence in ERROR (of SIZE bytes). Closed with doctor_stream_close() in
 * either case.
 */
bool doctor_stream_open(struct doctor_stream *self, const struct doctor_peer *peer, char *error, size_t size);

/* Closes the connection, if there is one. */
void doctor_stream_close(struct doctor_stream *self);

/* Sends all LEN BYTES. False, with errno, if that fails or takes too long. */
bool doctor_stream_send(struct doctor_stream *self, const char *bytes, size_t len);

/* Waits up to MS until there is something to receive, the end included. Returns whether there is. */
bool doctor_stream_wait(struct doctor_stream *self, int ms);

/* Receives up to SIZE BYTES. Returns how many; 0 at the end; -1 if it failed or nothing came in time. */
ssize_t doctor_stream_receive(struct doctor_stream *self, char *bytes, size_t size);

#endif
