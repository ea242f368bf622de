/* SPDX-License-Identifier: ISC */
/*
 * Where Redis is given by a name: its addresses. getaddrinfo() alone knows all that a machine may know of names (hosts,
 * DNS, what nsswitch.conf adds), and takes half a minute where a name server does not answer; so it is asked by a thread, and
 * the loop goes on. The thread shares nothing: it has a copy of the name and one end of a socket pair, and ends by itself
 * whether or not anybody still wants its answer.
 */
#include "redis/redis_private.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = NAME_ADDRESSES * NAME_ADDRESS_MAX, STACK_BYTES = 256 << 10 };

/* In front of an answer that is a reason, and not addresses with a line feed behind each. */
#define REASON_MARK '!'

struct question {
    int fd; /* where the answer goes */
    char host[];
};

/* ---- in the thread ---- */

/* The first of LIST, or behind it, whose family is that of FIRST or, if SAME is false, is not. */
static const struct addrinfo *next_of(const struct addrinfo *list, const struct addrinfo *first, bool same)
{
    while (list && (list->ai_family == first->ai_family) != same)
        list = list->ai_next;
    return list;
}

static void add_address(const struct addrinfo *one, char *answer, size_t size)
{
    char address[NAME_ADDRESS_MAX];
    size_t len = strlen(answer);

    if (getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) == 0 &&
        len + strlen(address) + 1 < size)
        snprintf(answer + len, size - len, "%s\n", address);
}

/* In the system's order, but IPv6 and IPv4 in turn: where one of them leads nowhere, only one attempt is lost to it (RFC 8305). */
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

static void *answer_it(void *ctx)
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

/* Signals are the loop's. */
static int start_thread(struct question *question)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    int error;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    error = pthread_create(&thread, &attributes, answer_it, question);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

/* ---- in the loop ---- */

static void stop_asking(struct name *name)
{
    if (name->fd < 0)
        return;
    event_del(&name->readable);
    close(name->fd);
    name->fd = -1;
}

static void take_addresses(struct name *name, char *answer)
{
    char *rest = answer;
    const char *line;

    name->count = 0;
    while ((line = strsep(&rest, "\n")) && name->count < NAME_ADDRESSES)
        if (*line)
            snprintf(name->addresses[name->count++], NAME_ADDRESS_MAX, "%s", line);
}

static void on_answer(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *self = ctx;
    struct name *name = &self->name;
    char answer[ANSWER_MAX];
    ssize_t len = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);

    (void)what;
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    stop_asking(name);
    answer[len > 0 ? len : 0] = '\0';
    if (len > 0 && answer[0] != REASON_MARK)
        take_addresses(name, answer);
    if (self->state != STATE_FINDING)
        return; /* too late for this time: the next has them at once */
    if (name->count > 0)
        dial(self);
    else
        redis_lose(self, "its name cannot be resolved: %s", len > 0 ? answer + 1 : "no answer");
}

static void ask(struct redis *self)
{
    struct name *name = &self->name;
    size_t size = strlen(self->conf->host) + 1;
    struct question *question;
    int pair[2];
    int error;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        redis_lose(self, "its name cannot be resolved: %s", strerror(errno));
        return;
    }
    question = mem_new(sizeof *question + size);
    question->fd = pair[1];
    memcpy(question->host, self->conf->host, size);
    error = start_thread(question);
    if (error != 0) {
        close(pair[0]);
        close(pair[1]);
        free(question);
        redis_lose(self, "its name cannot be resolved: %s", strerror(error));
        return;
    }
    name->fd = pair[0];
    event_assign(&name->readable, self->base, name->fd, EV_READ | EV_PERSIST, on_answer, self);
    event_add(&name->readable, NULL);
}

void name_find(struct redis *self)
{
    struct name *name = &self->name;

    name->start_us = clock_mono_us();
    if (self->conf->unix_path || address_is_ip(self->conf->host))
        redis_found(self);
    else if (name->count > 0)
        dial(self);
    else if (name->fd < 0)
        ask(self);
}

void name_init(struct name *name)
{
    name->fd = -1;
    name->count = 0;
}

void name_fini(struct name *name)
{
    stop_asking(name);
}
