/* SPDX-License-Identifier: ISC */
/* A connection from accept to close: its state, what it is watched for, and what that means in each state. */
#include "transport/fcgi_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct fcgi_conn *fcgi_conn_new(struct fcgi *fcgi, int fd)
{
    struct fcgi_conn *self = mem_new(sizeof *self);

    self->conn.kind = &fcgi_conn_kind;
    self->fcgi = fcgi;
    self->fd = fd;
    self->state = FCGI_STATE_INPUT;
    TAILQ_INSERT_TAIL(&fcgi->conns[self->state], self, entry);
    fcgi->stats.accepted++;
    fcgi->stats.connections++;
    return self;
}

static bool is_unanswered(const struct fcgi_conn *self)
{
    return self->state == FCGI_STATE_WAITING || self->state == FCGI_STATE_PARKED || self->state == FCGI_STATE_GONE;
}

void fcgi_conn_enter(struct fcgi_conn *self, enum fcgi_state state)
{
    bool was_unanswered = is_unanswered(self);

    TAILQ_REMOVE(&self->fcgi->conns[self->state], self, entry);
    self->state = (unsigned char)state;
    TAILQ_INSERT_TAIL(&self->fcgi->conns[self->state], self, entry);
    self->fcgi->stats.waiting += (unsigned long)is_unanswered(self) - (unsigned long)was_unanswered;
}

/* Takes it out of the epoll too, since no descriptor is ever duplicated. */
static void close_fd(struct fcgi_conn *self)
{
    if (self->fd < 0)
        return;
    close(self->fd);
    self->fd = -1;
    self->fcgi->stats.connections--;
}

void fcgi_conn_close(struct fcgi_conn *self)
{
    struct fcgi *fcgi = self->fcgi;

    close_fd(self);
    if (self->state == FCGI_STATE_INPUT)
        fcgi_input_free(self->fcgi, self->input);
    else if (self->state == FCGI_STATE_OUTPUT)
        fcgi_output_free(self->output);
    self->input = NULL;
    fcgi_enter(fcgi);
    fcgi_conn_enter(self, FCGI_STATE_DEAD);
    fcgi_leave(fcgi);
}

void fcgi_conn_watch(struct fcgi_conn *self, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = self};

    if (self->watched == events)
        return;
    if (epoll_ctl(self->fcgi->epoll_fd, self->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, self->fd, &event) == 0) {
        self->watched = events;
        return;
    }
    log_warn("FastCGI: cannot watch a connection: %s", strerror(errno));
    if (!is_unanswered(self))
        fcgi_conn_close(self);
}

void fcgi_conn_next(struct fcgi_conn *self)
{
    if (!self->keep || self->fcgi->draining) {
        fcgi_conn_close(self);
        return;
    }
    if (self->state == FCGI_STATE_INPUT)
        fcgi_input_free(self->fcgi, self->input);
    else if (self->state == FCGI_STATE_OUTPUT)
        fcgi_output_free(self->output);
    self->input = NULL;
    fcgi_conn_enter(self, FCGI_STATE_IDLE);
    fcgi_conn_watch(self, EPOLLIN | EPOLLRDHUP);
}

/* The client of a request that was handed up has gone. ABORTED: its gateway says so and may keep the connection. */
static void on_gone(struct fcgi_conn *self, bool aborted)
{
    self->fcgi->stats.aborted++;
    if (conn_tell_gone(&self->conn, self->fcgi->handler.ctx)) {
        if (aborted)
            fcgi_conn_next(self);
        else
            fcgi_conn_close(self);
        return;
    }
    close_fd(self);
    fcgi_conn_enter(self, FCGI_STATE_GONE);
    fcgi_need_tick(self->fcgi);
}

/* The gateway aborts with a record of BYTES, which are in the socket. */
static void on_abort(struct fcgi_conn *self, size_t bytes)
{
    struct fcgi *fcgi = self->fcgi;
    bool taken = bytes <= sizeof fcgi->scratch && recv(self->fd, fcgi->scratch, bytes, MSG_DONTWAIT) == (ssize_t)bytes;
    bool ended = taken && fcgi_control_end(self->fd, self->request_id, FCGI_REQUEST_COMPLETE);

    on_gone(self, ended);
}

/*
 * Bytes or an end while an answer is owed. What is no abort is the next request's, and has to wait its turn. Of what may
 * become one, the rest is awaited: by its edge, since what is there stays readable and the loop would spin.
 */
static void on_parked_event(struct fcgi_conn *self, uint32_t events)
{
    unsigned char header[FCGI_HEADER_LEN];
    ssize_t len = recv(self->fd, header, sizeof header, MSG_PEEK | MSG_DONTWAIT);
    size_t abort_bytes = len > 0 ? fcgi_control_abort_bytes(header, (size_t)len, self->request_id) : 0;

    if (abort_bytes)
        on_abort(self, abort_bytes);
    else if (len == 0 || (len < 0 && errno != EAGAIN) || events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        on_gone(self, false);
    else if (len > 0)
        fcgi_conn_watch(self, fcgi_control_may_abort(header, (size_t)len, self->request_id)
                                  ? EPOLLIN | EPOLLRDHUP | EPOLLET
                                  : EPOLLRDHUP);
}

void fcgi_conn_event(struct fcgi_conn *self, uint32_t events)
{
    switch ((enum fcgi_state)self->state) {
    case FCGI_STATE_INPUT:
    case FCGI_STATE_IDLE: fcgi_input_read(self); break;
    case FCGI_STATE_WAITING:
    case FCGI_STATE_PARKED: on_parked_event(self, events); break;
    case FCGI_STATE_OUTPUT: fcgi_output_continue(self); break;
    case FCGI_STATE_GONE:
    case FCGI_STATE_DEAD:
    case FCGI_STATES: break; /* of an event that was fetched before it died */
    }
}
