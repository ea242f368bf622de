/* SPDX-License-Identifier: ISC */
/* See redis_wire.h. hiredis opens sockets, since it knows how on every system. */
#include "redis/redis_wire.h"

#include "redis/hiredis_compat.h"
#include "redis/redis_tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool not_there(struct redis_wire *self, const char *why)
{
    snprintf(self->why, sizeof self->why, "%s; start Redis, or set redis in rollcall.conf to where it is", why);
    return false;
}

bool redis_wire_open(struct redis_wire *self, const struct redis_place *place)
{
    redisContext *context =
        place->unix_path ? redisConnectUnixNonBlock(place->unix_path) : redisConnectNonBlock(place->host, place->port);

    if (!context)
        abort(); /* out of memory */
    if (context->err) {
        not_there(self, context->errstr);
        redisFree(context);
        return false;
    }
    self->context = context;
    self->fd = (int)context->fd;
    self->tcp = !place->unix_path;
    self->reached = false;
    self->tls = place->trust ? redis_tls_new(place->trust, self->fd, place->name) : NULL;
    return true;
}

/* The socket is writable for the first time: connect(2) has succeeded or failed. */
static bool reach(struct redis_wire *self)
{
    int error = 0;
    socklen_t size = sizeof error;
    int on = 1;

    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0)
        return not_there(self, strerror(error));
    if (self->tcp)
        setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    self->reached = true;
    return true;
}

static void take_fault(struct redis_wire *self)
{
    snprintf(self->why, sizeof self->why, "%s", self->tls ? redis_tls_fault(self->tls) : strerror(errno));
}

static enum redis_wire_step shake(struct redis_wire *self)
{
    switch (redis_tls_shake(self->tls)) {
    case REDIS_TLS_DONE: return REDIS_WIRE_READY;
    case REDIS_TLS_READS: return REDIS_WIRE_READS;
    case REDIS_TLS_WRITES: return REDIS_WIRE_WRITES;
    case REDIS_TLS_FAILED: break;
    }
    take_fault(self);
    return REDIS_WIRE_FAILED;
}

enum redis_wire_step redis_wire_connect(struct redis_wire *self)
{
    if (!self->reached && !reach(self))
        return REDIS_WIRE_FAILED;
    return self->tls ? shake(self) : REDIS_WIRE_READY;
}

ssize_t redis_wire_send(struct redis_wire *self, const char *bytes, size_t len)
{
    ssize_t sent =
        self->tls ? redis_tls_send(self->tls, bytes, len) : send(self->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        take_fault(self);
    return sent;
}

ssize_t redis_wire_recv(struct redis_wire *self, char *bytes, size_t size)
{
    ssize_t len = self->tls ? redis_tls_recv(self->tls, bytes, size) : recv(self->fd, bytes, size, MSG_DONTWAIT);

    if (len == 0)
        snprintf(self->why, sizeof self->why, "Redis closed it");
    else if (len < 0 && errno != EAGAIN && errno != EINTR)
        take_fault(self);
    return len;
}

bool redis_wire_holds_input(const struct redis_wire *self)
{
    return self->tls && redis_tls_has_input(self->tls);
}

bool redis_wire_has_input(const struct redis_wire *self)
{
    char byte;

    if (redis_wire_holds_input(self))
        return true;
    return recv(self->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

void redis_wire_close(struct redis_wire *self)
{
    redis_tls_free(self->tls);
    if (self->context)
        redisFree(self->context);
    self->tls = NULL;
    self->context = NULL;
}
