/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI server: takes connections from the listening socket, looks after time limits, drains. See fcgi_private.h
 * for how its files hang together.
 */
#include "transport/fcgi_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPTS_AT_ONCE = 16, /* so that a flood of new connections leaves the loop to others */
    EVENTS_AT_ONCE = 64,  /* the same for what happens on open ones */
    TICK_MS = 100,        /* how late a client that went away at once, or a time limit, may be noticed */
    LOG_EVERY_MS = 60000,
};

/* ---- callbacks and the dead ---- */

static void bury(struct fcgi *self)
{
    struct fcgi_conns *dead = &self->conns[FCGI_STATE_DEAD];
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(dead))) {
        TAILQ_REMOVE(dead, conn, entry);
        free(conn);
    }
}

void fcgi_enter(struct fcgi *self)
{
    self->depth++;
}

void fcgi_leave(struct fcgi *self)
{
    if (--self->depth == 0)
        bury(self);
}

bool fcgi_once_a_minute(int64_t *last_ms)
{
    int64_t now_ms = clock_mono_ms();

    if (*last_ms && now_ms - *last_ms < LOG_EVERY_MS)
        return false;
    *last_ms = now_ms;
    return true;
}

/* ---- accepting ---- */

static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static bool is_passing(int error)
{
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

/* The socket would stay readable and the loop would spin: wait a tick for descriptors to be closed. */
static void pause_accepting(struct fcgi *self, int error)
{
    event_del(self->accepting);
    self->paused = true;
    fcgi_need_tick(self);
    if (fcgi_once_a_minute(&self->pause_logged_ms))
        log_error("FastCGI: cannot accept, pausing: %s%s", strerror(error),
                  is_exhausted(error) ? " (raise LimitNOFILE or ulimit -n)" : "");
}

/* All are taken first: the web server has the more time to send the request, which then is there at the first look. */
static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;
    struct fcgi_conn *conns[ACCEPTS_AT_ONCE];
    size_t count = 0;

    (void)what;
    fcgi_enter(self);
    while (count < ACCEPTS_AT_ONCE) {
        int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (accepted < 0) {
            if (!is_passing(errno))
                pause_accepting(self, errno);
            break;
        }
        conns[count++] = fcgi_conn_new(self, accepted);
    }
    for (size_t i = 0; i < count; i++)
        fcgi_input_read(conns[i]);
    fcgi_leave(self);
}

static void on_watched(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(fd, events, EVENTS_AT_ONCE, 0);

    (void)what;
    fcgi_enter(self);
    for (int i = 0; i < count; i++)
        fcgi_conn_event(events[i].data.ptr, events[i].events);
    fcgi_leave(self);
}

/* ---- time ---- */

void fcgi_need_tick(struct fcgi *self)
{
    const struct timeval interval = {.tv_usec = TICK_MS * 1000};

    if (self->ticking)
        return;
    self->ticking = true;
    event_add(self->tick, &interval);
}

/* Requests that were not answered at once: parked polls, most of them. */
static void watch_waiting(struct fcgi *self)
{
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(&self->conns[FCGI_STATE_WAITING]))) {
        fcgi_conn_enter(conn, FCGI_STATE_PARKED);
        fcgi_conn_watch(conn, EPOLLIN | EPOLLRDHUP);
    }
}

/* Owners that were set when the client had gone already. */
static void tell_gone(struct fcgi *self)
{
    struct fcgi_conn *conn, *next;

    for (conn = TAILQ_FIRST(&self->conns[FCGI_STATE_GONE]); conn; conn = next) {
        next = TAILQ_NEXT(conn, entry);
        if (conn_tell_gone(&conn->conn, self->handler.ctx))
            fcgi_conn_close(conn);
    }
}

/* Within a list all have the same time to go, so the first is due first. */
static void close_late(struct fcgi *self)
{
    int64_t now_ms = clock_mono_ms();
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(&self->conns[FCGI_STATE_INPUT])) && conn->input->deadline_ms <= now_ms) {
        self->stats.timed_out++;
        fcgi_conn_close(conn);
    }
    while ((conn = TAILQ_FIRST(&self->conns[FCGI_STATE_OUTPUT])) && fcgi_output_deadline_ms(conn->output) <= now_ms) {
        self->stats.timed_out++;
        fcgi_conn_close(conn);
    }
}

/* Kept connections: a request that has just come is still served. */
static void close_idle(struct fcgi *self)
{
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(&self->conns[FCGI_STATE_IDLE])))
        fcgi_input_read(conn);
}

static bool has_any(const struct fcgi *self, enum fcgi_state state)
{
    return TAILQ_FIRST(&self->conns[state]) != NULL;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;

    (void)fd;
    (void)what;
    self->ticking = false;
    fcgi_enter(self);
    if (self->paused && !self->draining)
        event_add(self->accepting, NULL);
    self->paused = false;
    watch_waiting(self);
    tell_gone(self);
    close_late(self);
    if (self->draining)
        close_idle(self);
    fcgi_leave(self);
    if (has_any(self, FCGI_STATE_INPUT) || has_any(self, FCGI_STATE_OUTPUT) || has_any(self, FCGI_STATE_GONE))
        fcgi_need_tick(self);
}

/* ---- the server ---- */

static struct event *new_event(struct event_base *base, int fd, short what, event_callback_fn fn, struct fcgi *self)
{
    struct event *event = event_new(base, fd, what, fn, self);

    if (!event) {
        log_error("FastCGI: no event for the loop");
        abort();
    }
    return event;
}

/* What connections inherit from the socket that accepts them: answers of several records must not wait for an
 * acknowledgement, and a web server's machine that vanishes must be noticed. Unix sockets know neither, and need not.
 * */
static void prepare_socket(int fd)
{
    int one = 1;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

struct fcgi *fcgi_new(struct event_base *base, int listen_fd, const struct transport_handler *handler)
{
    struct fcgi *self = mem_new(sizeof *self);

    self->handler = *handler;
    self->listen_fd = listen_fd;
    self->memfd = -1;
    for (size_t i = 0; i < FCGI_STATES; i++)
        TAILQ_INIT(&self->conns[i]);
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll_fd < 0 || !fcgi_parse_init()) {
        log_error("FastCGI: cannot start: %s", strerror(errno));
        abort();
    }
    prepare_socket(listen_fd);
    self->accepting = new_event(base, listen_fd, EV_READ | EV_PERSIST, on_acceptable, self);
    self->watching = new_event(base, self->epoll_fd, EV_READ | EV_PERSIST, on_watched, self);
    self->tick = new_event(base, -1, 0, on_tick, self);
    event_add(self->accepting, NULL);
    event_add(self->watching, NULL);
    return self;
}

static void close_all(struct fcgi *self)
{
    struct fcgi_conn *conn;

    fcgi_enter(self);
    for (size_t i = 0; i < FCGI_STATES; i++)
        while (i != FCGI_STATE_DEAD && (conn = TAILQ_FIRST(&self->conns[i])))
            fcgi_conn_close(conn);
    fcgi_leave(self);
}

void fcgi_free(struct fcgi *self)
{
    if (!self)
        return;
    close_all(self);
    event_free(self->accepting);
    event_free(self->watching);
    event_free(self->tick);
    if (self->probing)
        event_free(self->probing);
    close(self->epoll_fd);
    if (self->memfd >= 0)
        close(self->memfd);
    buf_fini(&self->body);
    free(self);
}

void fcgi_drain(struct fcgi *self)
{
    if (self->draining)
        return;
    self->draining = true;
    event_del(self->accepting);
    self->ticking = true;
    event_active(self->tick, EV_TIMEOUT, 0);
}

bool fcgi_idle(const struct fcgi *self)
{
    return self->draining && self->stats.connections == 0 && self->stats.waiting == 0;
}

const struct fcgi_stats *fcgi_stats(const struct fcgi *self)
{
    return &self->stats;
}
