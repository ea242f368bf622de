/* SPDX-License-Identifier: ISC */
/*
 * The socket of one connection to Redis, plain or with TLS: all system calls that its bytes need. Nothing blocks. It
 * knows nothing of events and of what the bytes mean.
 */
#ifndef ROLLCALL_REDIS_WIRE_H
#define ROLLCALL_REDIS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct redisContext;
struct redis_tls;
struct ssl_ctx_st;

/* Where a server is. */
struct redis_place {
    const char *unix_path; /* NULL: by TCP */
    const char *host;      /* an IP address, for TCP */
    int port;
    struct ssl_ctx_st *trust; /* NULL: without TLS; else borrowed until the connection is closed */
    const char *name;         /* what the server's certificate has to be for */
};

enum redis_wire_step {
    REDIS_WIRE_READY,
    REDIS_WIRE_READS,  /* to be called again when the socket is readable */
    REDIS_WIRE_WRITES, /* when it is writable */
    REDIS_WIRE_FAILED, /* WHY says how */
};

struct redis_wire {
    struct redisContext *context; /* owned; NULL: closed */
    struct redis_tls *tls;        /* owned; NULL: plain */
    int fd;                       /* the context's */
    bool tcp;
    bool reached; /* connect(2) has succeeded */
    char why[512];
};

/* Begins to connect to PLACE. Returns false, with a sentence in WHY, if that fails at once. */
bool redis_wire_open(struct redis_wire *self, const struct redis_place *place);

/* Goes on with connecting: first when the socket is writable, then when this wants it. */
enum redis_wire_step redis_wire_connect(struct redis_wire *self);

/* As send(2) and recv(2) without waiting. After a fault other than EAGAIN and EINTR, WHY says what it is. */
ssize_t redis_wire_send(struct redis_wire *self, const char *bytes, size_t len);
ssize_t redis_wire_recv(struct redis_wire *self, char *bytes, size_t size);

/* Whether bytes were received that the socket does not tell of: redis_wire_recv() is to be called again. */
bool redis_wire_holds_input(const struct redis_wire *self);

/* Whether something has come that redis_wire_recv() has not returned yet, be it the end. */
bool redis_wire_has_input(const struct redis_wire *self);

/* Closes SELF, which may be closed. */
void redis_wire_close(struct redis_wire *self);

#endif
