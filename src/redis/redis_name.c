/* SPDX-License-Identifier: ISC */
/*
 * See redis_name.h. Only getaddrinfo() knows all that a machine may know of names (hosts, DNS, what nsswitch.conf
 * adds), so a thread calls it. The thread shares nothing: it has a copy of the name and one end of a socket pair, and
 * ends by itself whether or not anybody still wants its answer.
 */
#include "redis/redis_name.h"

#include "base/mem.h"
#include "base/thread.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = REDIS_ADDRESSES * REDIS_ADDRESS_MAX };

/* Begins an answer that is a reason. Any other answer is addresses, each with a line feed after it. */
#define REASON_MARK '!'

struct question {
    int fd; /* where the answer goes */
    char host[];
};

/* ---- in the thread ---- */

/* The first in LIST whose family is that of FIRST or, if SAME is false, is another. */
static const struct addrinfo *next_of(const struct addrinfo *list, const struct addrinfo *first, bool same)
{
    while (list && (list->ai_family == first->ai_family) != same)
        list = list->ai_next;
    return list;
}

static void add_address(const struct addrinfo *one, char *answer, size_t size)
{
    char address[REDIS_ADDRESS_MAX];
    size_t len = strlen(answer);

    if (getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) == 0 &&
        len + strlen(address) + 1 < size)
        snprintf(answer + len, size - len, "%s\n", address);
}

/*
 * In the system's order, but IPv6 and IPv4 in turn: if one of them leads nowhere, it costs only one attempt (RFC 8305).
 */
static void add_addresses(const struct addrinfo *found, char *answer, size_t size)
{
    const struct addrinfo *one[2] = {found, next_of(found, found, false)};

    for (size_t i = 0; one[0] || one[1]; i = 1 - i) {
        if (!one[i])
            continue;
        add_address(one[i], answer, size);
        one[i] = next_of(one[i]->ai_next, found, i == 0);
    }
}

static void *answer_question(void *ctx)
{
    struct question *question = ctx;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char answer[ANSWER_MAX] = "";
    int fault = getaddrinfo(question->host, NULL, &hints, &found);

    if (fault == 0)
        add_addresses(found, answer, sizeof answer);
    else
        snprintf(answer, sizeof answer, "%c%s", REASON_MARK, gai_strerror(fault));
    if (found)
        freeaddrinfo(found);
    (void)send(question->fd, answer, strlen(answer), MSG_NOSIGNAL);
    close(question->fd);
    free(question);
    return NULL;
}

/* ---- in the loop ---- */

static void stop(struct redis_name *self)
{
    if (self->fd < 0)
        return;
    event_del(&self->readable);
    close(self->fd);
    self->fd = -1;
}

static void take_addresses(struct redis_addresses *addresses, char *answer)
{
    char *rest = answer;
    const char *line;

    addresses->count = 0;
    while ((line = strsep(&rest, "\n")) && addresses->count < REDIS_ADDRESSES)
        if (*line)
            snprintf(addresses->list[addresses->count++], REDIS_ADDRESS_MAX, "%s", line);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_name *self = ctx;
    char answer[ANSWER_MAX];
    ssize_t len = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);

    (void)what;
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    stop(self);
    answer[len > 0 ? len : 0] = '\0';
    if (len > 0 && answer[0] != REASON_MARK) {
        take_addresses(&self->addresses, answer);
        self->on_answer(self->ctx, NULL);
    } else {
        self->on_answer(self->ctx, len > 0 ? answer + 1 : "no answer");
    }
}

static struct question *question_new(const char *host, int fd)
{
    size_t size = strlen(host) + 1;
    struct question *question = mem_new(sizeof *question + size);

    question->fd = fd;
    memcpy(question->host, host, size);
    return question;
}

void redis_name_ask(struct redis_name *self, const char *host)
{
    int pair[2];

    if (self->fd >= 0)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        self->on_answer(self->ctx, strerror(errno));
        return;
    }
    struct question *question = question_new(host, pair[1]);
    int error = thread_start(answer_question, question);
    if (error != 0) {
        close(pair[0]);
        close(pair[1]);
        free(question);
        self->on_answer(self->ctx, strerror(error));
        return;
    }
    self->fd = pair[0];
    event_assign(&self->readable, self->base, self->fd, EV_READ | EV_PERSIST, on_readable, self);
    event_add(&self->readable, NULL);
}

void redis_name_init(struct redis_name *self, struct event_base *base, redis_name_fn *on_answer, void *ctx)
{
    self->base = base;
    self->on_answer = on_answer;
    self->ctx = ctx;
    self->fd = -1;
    self->addresses.count = 0;
}

void redis_name_fini(struct redis_name *self)
{
    stop(self);
}
