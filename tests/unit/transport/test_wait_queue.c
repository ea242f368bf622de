/* SPDX-License-Identifier: ISC */
/* Processes that wait for one listening socket: which of them a connection wakes. */
#include "scratch.h"
#include "transport/wait_queue.h"

#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAITERS = 2, PATIENCE_MS = 20000 };

/* A process that waits in an epoll, accepts all that is there once it is woken, and says how many. */
struct waiter {
    struct wait_queue queue;
    int answer_fd;
    pid_t pid;
};

struct fixture {
    struct scratch *scratch; /* owned */
    struct sockaddr_un address;
    int listen_fd;
    struct waiter waiters[WAITERS];
};

static int setup(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    void *scratch;

    if (!self || scratch_setup(&scratch) != 0)
        return -1;
    self->scratch = scratch;
    self->address.sun_family = AF_UNIX;
    const char *path = scratch_path(self->scratch, "socket");
    assert_true(strlen(path) < sizeof self->address.sun_path);
    memcpy(self->address.sun_path, path, strlen(path));
    self->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(self->listen_fd, (struct sockaddr *)&self->address, sizeof self->address), 0);
    assert_int_equal(listen(self->listen_fd, 16), 0);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *self = *state;
    void *scratch = self->scratch;

    close(self->listen_fd);
    free(self);
    return scratch_teardown(&scratch);
}

/* A connection that nobody has accepted yet. */
static int connection(const struct fixture *self)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&self->address, sizeof self->address), 0);
    return fd;
}

static void wait_and_answer(const struct waiter *self, int answer_fd)
{
    struct epoll_event event;
    char count = 0;

    while (epoll_wait(self->queue.epoll_fd, &event, 1, -1) < 0) /* EINTR: it was stopped */
        continue;
    while (accept4(self->queue.fd, NULL, NULL, 0) >= 0)
        count++;
    _exit(write(answer_fd, &count, 1) == 1 ? 0 : 1);
}

static char process_state(pid_t pid)
{
    char path[64];
    char text[256] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    return strrchr(text, ')')[2];
}

/* Starts SELF, which sleeps in its epoll when this returns. */
static void waiter_start(struct waiter *self)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    self->answer_fd = fds[0];
    self->pid = fork();
    if (self->pid == 0)
        wait_and_answer(self, fds[1]);
    close(fds[1]);
    for (int tries = 0; process_state(self->pid) != 'S' && tries < PATIENCE_MS; tries++)
        poll(NULL, 0, 1);
}

static void start_waiters(struct fixture *self)
{
    for (size_t i = 0; i < WAITERS; i++) {
        struct waiter *waiter = &self->waiters[i];

        waiter->queue = (struct wait_queue){self->listen_fd, epoll_create1(EPOLL_CLOEXEC), EPOLLIN, 0};
        assert_true(wait_queue_join(&waiter->queue));
        waiter_start(waiter);
    }
}

/* What SELF says it has accepted; it is over then. */
static int waiter_end(struct waiter *self)
{
    char count = -1;
    int status;

    assert_int_equal(read(self->answer_fd, &count, 1), 1);
    assert_int_equal(waitpid(self->pid, &status, 0), self->pid);
    close(self->answer_fd);
    close(self->queue.epoll_fd);
    return count;
}

static bool is_answered(const struct waiter *self, int within_ms)
{
    struct pollfd answer = {.fd = self->answer_fd, .events = POLLIN};

    return poll(&answer, 1, within_ms) > 0;
}

static void a_connection_wakes_the_first_in_the_queue_alone(void **state)
{
    struct fixture *self = *state;

    start_waiters(self);
    int first = connection(self);
    assert_int_equal(waiter_end(&self->waiters[0]), 1);
    assert_false(is_answered(&self->waiters[1], 0));
    int second = connection(self);
    assert_int_equal(waiter_end(&self->waiters[1]), 1);
    close(first);
    close(second);
}

static void who_queues_again_is_woken_after_the_others(void **state)
{
    struct fixture *self = *state;

    start_waiters(self);
    assert_true(wait_queue_join(&self->waiters[0].queue));
    int first = connection(self);
    assert_int_equal(waiter_end(&self->waiters[1]), 1);
    assert_false(is_answered(&self->waiters[0], 0));
    int second = connection(self);
    assert_int_equal(waiter_end(&self->waiters[0]), 1);
    close(first);
    close(second);
}

static void note_and_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    close(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
    ++*(int *)arg;
}

static void an_event_of_libevent_comes_as_before(void **state)
{
    struct fixture *self = *state;
    struct event_base *base = event_base_new();
    int count = 0;
    struct event *event = event_new(base, self->listen_fd, EV_READ | EV_PERSIST, note_and_stop, &count);
    struct wait_queue queue;

    event_add(event, NULL);
    wait_queue_init(&queue, self->listen_fd);
    assert_true(queue.epoll_fd >= 0);
    for (int round = 1; round <= 3; round++) {
        assert_true(wait_queue_join(&queue));
        int fd = connection(self);
        event_base_loop(base, EVLOOP_ONCE);
        assert_int_equal(count, round);
        close(fd);
        event_del(event);
        fd = connection(self);
        event_base_loop(base, EVLOOP_NONBLOCK);
        assert_int_equal(count, round);
        close(accept4(self->listen_fd, NULL, NULL, 0));
        close(fd);
        event_add(event, NULL);
    }
    event_free(event);
    event_base_free(base);
}

static void what_no_epoll_has_is_left_alone(void **state)
{
    struct fixture *self = *state;
    struct wait_queue queue;

    wait_queue_init(&queue, self->listen_fd);
    assert_int_equal(queue.epoll_fd, -1);
    assert_true(wait_queue_join(&queue));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_wakes_the_first_in_the_queue_alone),
        TEST(who_queues_again_is_woken_after_the_others),
        TEST(an_event_of_libevent_comes_as_before),
        TEST(what_no_epoll_has_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
