/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI server: takes connections from the listening socket, passes events on to them, looks after time limits,
 * probes, drains. fcgi_conn.c handles what happens on a connection.
 *
 *                          fcgi.c
 *                            |
 *                       fcgi_conn.c  (what is next?)
 *                       /         \
 *          fcgi_input.c            fcgi_reply.c
 *          /     |    \             /        \
 *   _partial  _parser  _control  fcgi_life.c  fcgi_output.c
 *   _ahead     _feed                |             |
 *      |                         fcgi_hub.c    fcgi_answer.c
 *      |
 *   frame.c, records.c, fcgi_params.c  (bytes alone)
 */
#include "transport/fcgi_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/fcgi_life.h"
#include "transport/fcgi_reply.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPTS_AT_ONCE = 16, /* so that a flood of new connections leaves the loop to others */
    ACCEPTS_IN_TURN = 8,  /* then it is another worker's turn; taking turns costs a tenth of an accept each */
    ACCEPTS_AT_END = 256, /* times as many before draining: more than may wait in the socket's queue */
    WARY_TIMES = 16,
    EVENTS_AT_ONCE = 64, /* the same for what happens on open ones */
    PROBE_PORTIONS = 10, /* probes are spread: in each tenth of the interval some are sent */
};

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
static void pause_accepting(struct fcgi *self)
{
    event_del(self->accepting);
    self->paused = true;
    fcgi_hub_need_tick(&self->hub);
}

/* All workers wait for the listening socket, and those before this one in the queue are woken first. */
static void go_to_end_of_queue(struct fcgi *self)
{
    self->turn = 0;
    self->hub.settled = 0;
    if (!wait_queue_join(&self->wait_queue))
        pause_accepting(self);
}

/* A kept connection counts for all that are still to come on it. */
static void end_turn(struct fcgi *self)
{
    bool over = self->turn >= ACCEPTS_IN_TURN || self->hub.settled > 0;

    if (over && !self->paused && !self->hub.draining)
        go_to_end_of_queue(self);
}

static void start_accepting(struct fcgi *self)
{
    event_add(self->accepting, NULL);
    go_to_end_of_queue(self);
}

static void on_unacceptable(struct fcgi *self, int error)
{
    if (error == EAGAIN)
        self->wary = WARY_TIMES;
    if (is_passing(error))
        return;
    pause_accepting(self);
    if (fcgi_hub_once_a_minute(&self->pause_logged_ms))
        log_error("FastCGI: cannot accept, pausing: %s%s", strerror(error),
                  is_exhausted(error) ? " (raise LimitNOFILE or ulimit -n)" : "");
}

/* Asking costs a tenth of an accept that finds nothing. */
static bool is_acceptable(const struct fcgi *self)
{
    struct pollfd listening = {.fd = self->listen_fd, .events = POLLIN};

    return poll(&listening, 1, 0) > 0;
}

/* Sets CONNS to what it accepts, ACCEPTS_AT_ONCE at most, and returns how many. */
static size_t accept_some(struct fcgi *self, struct fcgi_conn **conns)
{
    size_t count = 0;

    if (self->wary > 0) {
        self->wary--;
        if (!is_acceptable(self))
            return 0;
    }
    do {
        int accepted = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (accepted < 0) {
            on_unacceptable(self, errno);
            break;
        }
        conns[count++] = fcgi_conn_new(&self->hub, accepted);
    } while (count < ACCEPTS_AT_ONCE && is_acceptable(self));
    return count;
}

/*
 * All are accepted first: so the web server has more time to send the request, which is then there at the first look.
 * Returns how many.
 */
static size_t serve_some(struct fcgi *self)
{
    struct fcgi_conn *conns[ACCEPTS_AT_ONCE];

    fcgi_hub_enter(&self->hub);
    size_t count = accept_some(self, conns);
    for (size_t i = 0; i < count; i++)
        fcgi_conn_event(conns[i], EPOLLIN);
    fcgi_hub_leave(&self->hub);
    return count;
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;

    (void)fd;
    (void)what;
    self->turn += (unsigned)serve_some(self);
    end_turn(self);
}

void fcgi_tick(struct fcgi *self)
{
    if (!self->paused && !self->hub.draining && is_acceptable(self))
        serve_some(self);
}

static void on_watched(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(fd, events, EVENTS_AT_ONCE, 0);

    (void)what;
    fcgi_hub_enter(&self->hub);
    for (int i = 0; i < count; i++)
        fcgi_conn_event(events[i].data.ptr, events[i].events);
    fcgi_hub_leave(&self->hub);
    end_turn(self);
}

/* ---- time ---- */

/* Requests that were not answered at once: parked polls, most of them. */
static void park_waiting(struct fcgi_hub *hub)
{
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(&hub->conns[FCGI_STATE_WAITING])))
        fcgi_life_park(conn);
}

static void tell_gone(struct fcgi_hub *hub)
{
    struct fcgi_conn *conn, *next;

    for (conn = TAILQ_FIRST(&hub->conns[FCGI_STATE_GONE]); conn; conn = next) {
        next = TAILQ_NEXT(conn, entry);
        fcgi_life_tell_gone(conn);
    }
}

/* Within a list all have the same time to go, so the first is due first. */
static void close_late(struct fcgi_hub *hub, enum fcgi_state state)
{
    int64_t now_ms = clock_mono_ms();
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(&hub->conns[state])) && fcgi_conn_is_late(conn, now_ms)) {
        if (fcgi_reply_goes_on(conn))
            continue;
        hub->stats.timed_out++;
        fcgi_reply_give_up(conn);
    }
}

/* Kept connections, once draining: a request that has just come is still served. */
static void close_idle(struct fcgi_hub *hub)
{
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(&hub->conns[FCGI_STATE_IDLE])))
        fcgi_conn_event(conn, EPOLLIN);
}

/* Each once: who has even more is looked at again in the next turn of the loop. */
static void look_ahead(struct fcgi_hub *hub)
{
    struct fcgi_conn *last = TAILQ_LAST(&hub->conns[FCGI_STATE_AHEAD], fcgi_conns);
    struct fcgi_conn *conn = NULL;

    while (conn != last && (conn = TAILQ_FIRST(&hub->conns[FCGI_STATE_AHEAD])))
        fcgi_conn_event(conn, EPOLLIN);
}

static bool has_any(const struct fcgi_hub *hub, enum fcgi_state state)
{
    return !TAILQ_EMPTY(&hub->conns[state]);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi *self = arg;
    struct fcgi_hub *hub = &self->hub;

    (void)fd;
    (void)what;
    hub->ticking = false;
    fcgi_hub_enter(hub);
    bool resumes = self->paused && !hub->draining;
    self->paused = false;
    if (resumes)
        start_accepting(self);
    look_ahead(hub);
    park_waiting(hub);
    tell_gone(hub);
    close_late(hub, FCGI_STATE_INPUT);
    close_late(hub, FCGI_STATE_OUTPUT);
    close_late(hub, FCGI_STATE_STALLED);
    if (hub->draining)
        close_idle(hub);
    fcgi_hub_leave(hub);
    if (has_any(hub, FCGI_STATE_INPUT) || has_any(hub, FCGI_STATE_OUTPUT) || has_any(hub, FCGI_STATE_STALLED) ||
        has_any(hub, FCGI_STATE_GONE))
        fcgi_hub_need_tick(hub);
}

/* ---- probing ---- */

/* Some at a time, and those probed go to the end of the list: each has its turn once in PROBE_PORTIONS. */
static void on_probing(evutil_socket_t fd, short what, void *arg)
{
    struct fcgi_hub *hub = arg;
    struct fcgi_conn *conn;

    (void)fd;
    (void)what;
    for (unsigned long left = hub->stats.waiting / PROBE_PORTIONS + 1; left > 0; left--) {
        conn = TAILQ_FIRST(&hub->conns[FCGI_STATE_PARKED]);
        if (!conn)
            return;
        fcgi_reply_probe(conn);
        fcgi_hub_move(conn, FCGI_STATE_PARKED);
    }
}

/* ---- the server ---- */

static struct event *new_event(struct event_base *base, int fd, short what, event_callback_fn fn, void *arg)
{
    struct event *event = event_new(base, fd, what, fn, arg);

    if (!event) {
        log_error("FastCGI: cannot create an event");
        abort();
    }
    return event;
}

/* What connections inherit from the socket that accepts them: answers of several records must not wait for an
 * acknowledgement, and a web server's machine that vanishes must be noticed. Unix sockets need neither. */
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

    self->listen_fd = listen_fd;
    if (!fcgi_hub_init(&self->hub, handler)) {
        log_error("FastCGI: cannot start: %s", strerror(errno));
        abort();
    }
    prepare_socket(listen_fd);
    self->accepting = new_event(base, listen_fd, EV_READ | EV_PERSIST, on_acceptable, self);
    self->watching = new_event(base, self->hub.epoll_fd, EV_READ | EV_PERSIST, on_watched, self);
    self->tick = new_event(base, -1, 0, on_tick, self);
    self->hub.tick = self->tick;
    event_add(self->accepting, NULL);
    wait_queue_init(&self->wait_queue, listen_fd);
    go_to_end_of_queue(self);
    event_add(self->watching, NULL);
    return self;
}

static void close_all(struct fcgi_hub *hub)
{
    struct fcgi_conn *conn;

    fcgi_hub_enter(hub);
    for (size_t i = 0; i < FCGI_STATES; i++)
        while (i != FCGI_STATE_DEAD && (conn = TAILQ_FIRST(&hub->conns[i])))
            fcgi_life_close(conn);
    fcgi_hub_leave(hub);
}

void fcgi_free(struct fcgi *self)
{
    if (!self)
        return;
    close_all(&self->hub);
    event_free(self->accepting);
    event_free(self->watching);
    event_free(self->tick);
    if (self->probing)
        event_free(self->probing);
    fcgi_hub_fini(&self->hub);
    free(self);
}

void fcgi_probe(struct fcgi *self, unsigned every_s)
{
    const unsigned long portion_us = every_s * 1000000UL / PROBE_PORTIONS;
    const struct timeval portion = {.tv_sec = (time_t)(portion_us / 1000000),
                                    .tv_usec = (suseconds_t)(portion_us % 1000000)};

    self->probing = new_event(event_get_base(self->tick), -1, EV_PERSIST, on_probing, &self->hub);
    event_add(self->probing, &portion);
}

/* The connections that this worker has been woken for, and no other will be. Not without end, if more and more come. */
static void accept_rest(struct fcgi *self)
{
    for (unsigned count = 0; count < ACCEPTS_AT_END && is_acceptable(self); count++)
        if (serve_some(self) == 0)
            break;
}

void fcgi_drain(struct fcgi *self)
{
    if (self->hub.draining)
        return;
    self->hub.draining = true;
    event_del(self->accepting);
    accept_rest(self);
    fcgi_hub_need_tick_now(&self->hub);
}

bool fcgi_idle(const struct fcgi *self)
{
    return self->hub.draining && self->hub.stats.connections == 0 && self->hub.stats.waiting == 0;
}

const struct fcgi_stats *fcgi_stats(const struct fcgi *self)
{
    return &self->hub.stats;
}
