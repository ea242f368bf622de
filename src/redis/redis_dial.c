/* SPDX-License-Identifier: ISC */
/*
 * Which of the addresses of Redis's name answers. They are tried in turn: the next one when one has failed, or when none has
 * answered within 250 ms, beside those under way (RFC 8305). That a connection was made is all that is learned here: it is
 * closed again, and both links connect to where it led. If what answers there turns out to be of no use, a replica for
 * instance, the next time another address comes first.
 */
#include "redis/redis_private.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct timeval head_start = {0, 250000};

static void go_on(struct redis *self);

static void end(struct attempt *attempt)
{
    if (attempt->fd < 0)
        return;
    event_del(&attempt->writable);
    close(attempt->fd);
    attempt->fd = -1;
}

static void on_success(struct redis *self, const struct attempt *attempt)
{
    struct dial *dial = &self->dial;

    snprintf(dial->address, sizeof dial->address, "%s", attempt->address);
    dial_stop(self);
    redis_found(self);
}

static void on_failure(struct redis *self, struct attempt *attempt, int error)
{
    struct dial *dial = &self->dial;

    end(attempt);
    dial->failed++;
    dial->error = error;
    if (dial->failed < self->name.count)
        go_on(self);
    else
        redis_lose(self, "none of its addresses accepts a connection: %s" REDIS_NOT_THERE, strerror(dial->error));
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;
    struct attempt *attempt = self->dial.attempts;
    int error = 0;
    socklen_t size = sizeof error;

    (void)what;
    while (attempt->fd != fd)
        attempt++;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error == 0)
        on_success(self, attempt);
    else
        on_failure(self, attempt, error);
}

/* Begins to connect; 0, or the error. */
static int start(struct redis *self, struct attempt *attempt)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *to;
    char port[12];
    int error = 0;

    snprintf(port, sizeof port, "%d", self->conf->port);
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

/* Tries one more address, if there is one. */
static void go_on(struct redis *self)
{
    struct dial *dial = &self->dial;
    const struct name *name = &self->name;
    struct attempt *attempt = &dial->attempts[dial->begun];
    int error;

    if (dial->begun == name->count)
        return;
    attempt->address = name->addresses[(dial->turn + dial->begun) % name->count];
    dial->begun++;
    error = start(self, attempt);
    if (error != 0) {
        on_failure(self, attempt, error);
        return;
    }
    event_add(&attempt->writable, NULL);
    event_add(&dial->next, &head_start);
}

static void on_next(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    go_on(ctx);
}

void dial(struct redis *self)
{
    go_on(self);
}

void dial_turn(struct dial *dial)
{
    dial->turn++;
}

void dial_init(struct dial *dial, struct redis *self)
{
    for (size_t i = 0; i < NAME_ADDRESSES; i++)
        dial->attempts[i].fd = -1;
    dial->address[0] = '\0';
    dial->turn = 0;
    event_assign(&dial->next, self->base, -1, EV_TIMEOUT, on_next, self);
}

void dial_stop(struct redis *self)
{
    struct dial *dial = &self->dial;

    for (size_t i = 0; i < NAME_ADDRESSES; i++)
        end(&dial->attempts[i]);
    event_del(&dial->next);
    if (dial->begun > 0)
        self->name.count = 0;
    dial->begun = dial->failed = 0;
}
