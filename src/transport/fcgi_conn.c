/* SPDX-License-Identifier: ISC */
/* See fcgi_conn.h. */
#include "transport/fcgi_conn.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/fcgi_control.h"
#include "transport/fcgi_input.h"
#include "transport/fcgi_life.h"
#include "transport/fcgi_output.h"
#include "transport/fcgi_reply.h"

#include <assert.h>
#include <fastcgi.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ---- input ---- */

static void hand_up(struct fcgi_conn *self, const struct fcgi_arrival *arrival)
{
    struct fcgi_hub *hub = self->hub;

    self->request_id = arrival->request_id;
    self->keep = arrival->keep_conn;
    hub->settled += self->state == FCGI_STATE_INPUT && self->keep;
    self->begun = self->in_parts = false;
    conn_set_owner(&self->conn, NULL, NULL);
    fcgi_hub_move(self, self->watched ? FCGI_STATE_PARKED : FCGI_STATE_WAITING);
    fcgi_hub_need_tick(hub);
    if (self->watched)
        fcgi_life_watch(self, FCGI_WATCH_INPUT);
    hub->handler.on_request(hub->handler.ctx, &self->conn, &arrival->request);
    fcgi_input_release(hub->input);
}

/* Ends a request that nobody will answer. */
static void refuse(struct fcgi_conn *self, const struct fcgi_arrival *arrival, unsigned char protocol_status)
{
    self->keep = fcgi_control_end(self->fd, arrival->request_id, protocol_status) && arrival->keep_conn;
    fcgi_life_next(self);
}

static void on_malformed(struct fcgi_conn *self, const char *what)
{
    self->hub->stats.malformed++;
    if (fcgi_hub_once_a_minute(&self->hub->malformed_logged_ms))
        log_warn("FastCGI: %s; closing the connection", what);
    fcgi_life_close(self);
}

/*
 * Waits for more. A request has LIMIT_INPUT_SECONDS from its first byte on, the first one on a connection from accept
 * on.
 */
static void await(struct fcgi_conn *self)
{
    bool fresh = self->state == FCGI_STATE_INPUT && !self->partial;

    if (fresh)
        self->partial = fcgi_input_expect(self->hub->input);
    /* To the end of the list, whose first is due first: after a record aside it has all the time again. */
    if (fresh || (self->state != FCGI_STATE_INPUT && self->partial))
        fcgi_hub_move(self, FCGI_STATE_INPUT);
    if (self->state == FCGI_STATE_INPUT)
        fcgi_hub_need_tick(self->hub);
    fcgi_life_watch(self, FCGI_WATCH_INPUT);
}

/* Nothing of a request is here. */
static void on_nothing(struct fcgi_conn *self)
{
    if (self->state == FCGI_STATE_IDLE && self->hub->draining)
        fcgi_life_close(self);
    else
        await(self);
}

/* A kept connection that got nothing but records aside is as idle as before. */
static void on_aside(struct fcgi_conn *self)
{
    if (self->keep)
        fcgi_life_next(self);
    else
        await(self);
}

static void on_came(struct fcgi_conn *self, enum fcgi_came came, const struct fcgi_arrival *arrival)
{
    switch (came) {
    case FCGI_CAME_NOTHING: on_nothing(self); break;
    case FCGI_CAME_ASIDE: on_aside(self); break;
    case FCGI_CAME_PART: await(self); break;
    case FCGI_CAME_REQUEST: hand_up(self, arrival); break;
    case FCGI_CAME_OTHER_ROLE: refuse(self, arrival, FCGI_UNKNOWN_ROLE); break;
    case FCGI_CAME_ABORT:
        self->hub->stats.aborted++;
        refuse(self, arrival, FCGI_REQUEST_COMPLETE);
        break;
    case FCGI_CAME_MALFORMED: on_malformed(self, "a peer sent something that is not a FastCGI request"); break;
    case FCGI_CAME_TOO_LARGE: on_malformed(self, "a request's parameters are too large"); break;
    case FCGI_CAME_END: fcgi_life_close(self); break;
    }
}

static void on_readable(struct fcgi_conn *self)
{
    struct fcgi_hub *hub = self->hub;
    const struct fcgi_incoming incoming = {self->fd, &self->partial, &self->ahead};
    struct fcgi_arrival arrival;
    enum fcgi_came came = fcgi_input_read(hub->input, &incoming, &arrival);

    if (arrival.crowded_out && fcgi_hub_once_a_minute(&hub->crowded_logged_ms))
        log_warn("FastCGI: too many large requests arrive at once; the oldest are answered 503");
    on_came(self, came, &arrival);
}

/* ---- while an answer is owed ---- */

/*
 * Bytes or an end while an answer is owed. Of what may become an abort the rest is awaited by its edge, and the next
 * request is not watched at all: both stay in the socket, which stays readable, and the loop would spin.
 */
static void on_unanswered_event(struct fcgi_conn *self, uint32_t events)
{
    enum fcgi_heard heard = fcgi_input_listen(self->hub->input, self->fd, &self->ahead, self->request_id);

    if (heard == FCGI_HEARD_ABORT)
        fcgi_life_gone(self, fcgi_control_end(self->fd, self->request_id, FCGI_REQUEST_COMPLETE));
    else if (heard == FCGI_HEARD_END || events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        fcgi_life_gone(self, false);
    else if (heard == FCGI_HEARD_PART)
        fcgi_life_watch(self, FCGI_WATCH_MORE);
    else if (heard == FCGI_HEARD_OTHER)
        fcgi_life_watch(self, FCGI_WATCH_END);
}

/* ---- the whole ---- */

struct fcgi_conn *fcgi_conn_new(struct fcgi_hub *hub, int fd)
{
    struct fcgi_conn *self = mem_new(sizeof *self);

    self->conn.kind = &fcgi_reply_kind;
    self->fd = fd;
    self->state = FCGI_STATE_INPUT;
    fcgi_hub_add(hub, self);
    return self;
}

void fcgi_conn_event(struct fcgi_conn *self, uint32_t events)
{
    switch ((enum fcgi_state)self->state) {
    case FCGI_STATE_INPUT:
    case FCGI_STATE_IDLE:
    case FCGI_STATE_AHEAD: on_readable(self); break;
    case FCGI_STATE_WAITING:
    case FCGI_STATE_PARKED: on_unanswered_event(self, events); break;
    case FCGI_STATE_STALLED: fcgi_reply_stalled_event(self, events); break;
    case FCGI_STATE_OUTPUT: fcgi_reply_writable(self); break;
    case FCGI_STATE_GONE:
    case FCGI_STATE_DEAD:
    case FCGI_STATES: break; /* of an event that was fetched before it died */
    }
}

bool fcgi_conn_is_late(const struct fcgi_conn *self, int64_t now_ms)
{
    if (self->state == FCGI_STATE_INPUT)
        return self->partial->deadline_ms <= now_ms;
    bool sends = self->state == FCGI_STATE_OUTPUT || self->state == FCGI_STATE_STALLED;
    return sends && fcgi_output_deadline_ms(self->output) <= now_ms;
}
