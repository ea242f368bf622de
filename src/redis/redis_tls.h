/* SPDX-License-Identifier: ISC */
/*
 * TLS on one socket, which is non-blocking: the peer proves its name before anything is sent. The calls are like those
 * of a plain socket, and what goes wrong is a sentence.
 */
#ifndef ROLLCALL_REDIS_TLS_H
#define ROLLCALL_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ssl_ctx_st;
struct redis_tls;

enum redis_tls_step {
    REDIS_TLS_DONE,
    REDIS_TLS_READS,  /* to be called again when the socket is readable */
    REDIS_TLS_WRITES, /* when it is writable */
    REDIS_TLS_FAILED,
};

/*
 * TLS with TRUST on FD, both borrowed until redis_tls_free(). The peer's certificate has to be for NAME, a host name or
 * an IP address, which is copied.
 */
struct redis_tls *redis_tls_new(struct ssl_ctx_st *trust, int fd, const char *name);

/* Frees SELF, which may be NULL. FD stays open. */
void redis_tls_free(struct redis_tls *self);

/* Goes on with the handshake. */
enum redis_tls_step redis_tls_shake(struct redis_tls *self);

/*
 * As send(2) and recv(2) without waiting: -1 and EAGAIN if nothing can be done now, and -1 with another errno for a
 * fault, which redis_tls_fault() names. Only after the handshake.
 */
ssize_t redis_tls_send(struct redis_tls *self, const char *bytes, size_t len);
ssize_t redis_tls_recv(struct redis_tls *self, char *bytes, size_t size);

/* Whether bytes were received that redis_tls_recv() has not looked at: the socket does not tell of them. */
bool redis_tls_has_input(const struct redis_tls *self);

/* What was wrong last, as a sentence; valid as long as SELF. */
const char *redis_tls_fault(const struct redis_tls *self);

#endif
