/* SPDX-License-Identifier: ISC */
/* See redis_dial.h. */
#include "redis/redis_dial.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct timeval head_start = {0, 250000};

static void try_next(struct redis_dial *self);

static void end(struct redis_dial_attempt *attempt)
{
    if (attempt->fd < 0)
        return;
    event_del(&attempt->writable);
    close(attempt->fd);
    attempt->fd = -1;
}

static void succeeded(struct redis_dial *self, const struct redis_dial_attempt *attempt)
{
    char address[REDIS_ADDRESS_MAX];

    snprintf(address, sizeof address, "%s", attempt->address);
    redis_dial_stop(self);
    self->events.on_success(self->events.ctx, address);
}

static void failed(struct redis_dial *self, struct redis_dial_attempt *attempt, int error)
{
    end(attempt);
    self->failed++;
    if (self->failed < self->addresses->count)
        try_next(self);
    else
        self->events.on_failure(self->events.ctx, error);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_dial *self = ctx;
    struct redis_dial_attempt *attempt = self->attempts;
    int error = 0;
    socklen_t size = sizeof error;

    (void)what;
    while (attempt->fd != fd)
        attempt++;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error == 0)
        succeeded(self, attempt);
    else
        failed(self, attempt, error);
}

/* Begins to connect; 0, or the error. */
static int start(struct redis_dial *self, struct redis_dial_attempt *attempt)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *to;
    char port[12];
    int error = 0;

    snprintf(port, sizeof port, "%d", self->port);
    if (getaddrinfo(attempt->address, port, &hints, &to) != 0)
        return EADDRNOTAVAIL;
    attempt->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (attempt->fd < 0 || (connect(attempt->fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS))
        error = errno;
    freeaddrinfo(to);
    if (attempt->fd >= 0)
        event_assign(&attempt->writable, self->base, attempt->fd, EV_WRITE, on_writable, self);
    return error;
}

/* Tries one more address, if one is left. */
static void try_next(struct redis_dial *self)
{
    const struct redis_addresses *addresses = self->addresses;

    if (self->begun == addresses->count)
        return;
    struct redis_dial_attempt *attempt = &self->attempts[self->begun];
    attempt->address = addresses->list[(self->turn + self->begun) % addresses->count];
    self->begun++;
    int error = start(self, attempt);
    if (error != 0) {
        failed(self, attempt, error);
        return;
    }
    event_add(&attempt->writable, NULL);
    event_add(&self->next, &head_start);
}

static void on_next(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    try_next(ctx);
}

void redis_dial_start(struct redis_dial *self, const struct redis_addresses *addresses, int port)
{
    self->addresses = addresses;
    self->port = port;
    try_next(self);
}

void redis_dial_turn(struct redis_dial *self)
{
    self->turn++;
}

void redis_dial_init(struct redis_dial *self, struct event_base *base, const struct redis_dial_events *events)
{
    memset(self, 0, sizeof *self);
    self->base = base;
    self->events = *events;
    for (size_t i = 0; i < REDIS_ADDRESSES; i++)
        self->attempts[i].fd = -1;
    event_assign(&self->next, base, -1, EV_TIMEOUT, on_next, self);
}

bool redis_dial_stop(struct redis_dial *self)
{
    bool begun = self->begun > 0;

    for (size_t i = 0; i < REDIS_ADDRESSES; i++)
        end(&self->attempts[i]);
    event_del(&self->next);
    self->begun = self->failed = 0;
    return begun;
}
