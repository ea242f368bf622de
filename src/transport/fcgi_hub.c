/* SPDX-License-Identifier: ISC */
/* See fcgi_hub.h. */
#include "transport/fcgi_hub.h"

#include "base/clock.h"
#include "base/log.h"
#include "transport/fcgi_input.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    TICK_MS = 100, /* how late a client that went away at once, or a time limit, may be noticed */
    LOG_EVERY_MS = 60000,
};

bool fcgi_hub_init(struct fcgi_hub *self, const struct transport_handler *handler)
{
    *self = (struct fcgi_hub){.handler = *handler};
    for (size_t i = 0; i < FCGI_STATES; i++)
        TAILQ_INIT(&self->conns[i]);
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->input = fcgi_input_new();
    return self->epoll_fd >= 0 && self->input;
}

void fcgi_hub_fini(struct fcgi_hub *self)
{
    if (self->epoll_fd >= 0)
        close(self->epoll_fd);
    fcgi_input_free(self->input);
}

/* ---- lists ---- */

bool fcgi_hub_is_unanswered(const struct fcgi_conn *conn)
{
    return conn->state == FCGI_STATE_WAITING || conn->state == FCGI_STATE_PARKED || conn->state == FCGI_STATE_STALLED ||
           conn->state == FCGI_STATE_GONE;
}

void fcgi_hub_add(struct fcgi_hub *self, struct fcgi_conn *conn)
{
    conn->hub = self;
    TAILQ_INSERT_TAIL(&self->conns[conn->state], conn, entry);
    self->stats.accepted++;
    self->stats.connections++;
}

static void bury(struct fcgi_hub *self)
{
    struct fcgi_conns *dead = &self->conns[FCGI_STATE_DEAD];
    struct fcgi_conn *conn;

    while ((conn = TAILQ_FIRST(dead))) {
        TAILQ_REMOVE(dead, conn, entry);
        free(conn);
    }
}

void fcgi_hub_move(struct fcgi_conn *conn, enum fcgi_state state)
{
    struct fcgi_hub *self = conn->hub;
    bool was_unanswered = fcgi_hub_is_unanswered(conn);

    TAILQ_REMOVE(&self->conns[conn->state], conn, entry);
    conn->state = (unsigned char)state;
    TAILQ_INSERT_TAIL(&self->conns[conn->state], conn, entry);
    self->stats.waiting += (unsigned long)fcgi_hub_is_unanswered(conn) - (unsigned long)was_unanswered;
    if (state == FCGI_STATE_DEAD && self->depth == 0)
        bury(self);
}

void fcgi_hub_enter(struct fcgi_hub *self)
{
    self->depth++;
}

void fcgi_hub_leave(struct fcgi_hub *self)
{
    if (--self->depth == 0)
        bury(self);
}

/* ---- events ---- */

static const uint32_t watch_events[] = {
    [FCGI_WATCH_INPUT] = EPOLLIN | EPOLLRDHUP,
    [FCGI_WATCH_MORE] = EPOLLIN | EPOLLRDHUP | EPOLLET,
    [FCGI_WATCH_END] = EPOLLRDHUP,
    [FCGI_WATCH_OUTPUT] = EPOLLOUT,
    [FCGI_WATCH_OUTPUT_OR_END] = EPOLLOUT | EPOLLRDHUP,
};

bool fcgi_hub_watch(struct fcgi_conn *conn, enum fcgi_watch watch)
{
    struct epoll_event event = {.events = watch_events[watch], .data.ptr = conn};

    if (conn->watched == watch)
        return true;
    if (epoll_ctl(conn->hub->epoll_fd, conn->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, conn->fd, &event) != 0) {
        log_warn("FastCGI: cannot watch a connection: %s", strerror(errno));
        return false;
    }
    conn->watched = watch & 7;
    return true;
}

void fcgi_hub_need_tick(struct fcgi_hub *self)
{
    const struct timeval interval = {.tv_usec = TICK_MS * 1000};

    if (self->ticking)
        return;
    self->ticking = true;
    event_add(self->tick, &interval);
}

/* By time: libevent runs what is made active, again and again, before it looks at descriptors. */
void fcgi_hub_need_tick_now(struct fcgi_hub *self)
{
    const struct timeval at_once = {0};

    self->ticking = true;
    event_add(self->tick, &at_once);
}

bool fcgi_hub_once_a_minute(int64_t *last_ms)
{
    int64_t now_ms = clock_mono_ms();

    if (*last_ms && now_ms - *last_ms < LOG_EVERY_MS)
        return false;
    *last_ms = now_ms;
    return true;
}
