/* SPDX-License-Identifier: ISC */
/* See fcgi_reply.h. */
#include "transport/fcgi_reply.h"

#include "base/limits.h"
#include "base/log.h"
#include "transport/fcgi_life.h"
#include "transport/fcgi_output.h"

#include <assert.h>
#include <sys/epoll.h>

/* The time limit starts: at the end of the list, so that the first is due first. */
static void enter(struct fcgi_conn *self, enum fcgi_state state)
{
    fcgi_hub_move(self, state);
    fcgi_hub_need_tick(self->hub);
}

/* Who has taken nothing for the longest: of those with whole answers, else of those with parts. */
static struct fcgi_conn *slowest_of(const struct fcgi_hub *hub)
{
    struct fcgi_conn *slowest = TAILQ_FIRST(&hub->conns[FCGI_STATE_OUTPUT]);

    return slowest ? slowest : TAILQ_FIRST(&hub->conns[FCGI_STATE_STALLED]);
}

/* Cuts off the slowest, which may be the one that has just been added. */
static void bound_outputs(struct fcgi_hub *hub)
{
    struct fcgi_conn *slowest;

    while (hub->outputs.bytes > LIMIT_OUTPUTS_BYTES && (slowest = slowest_of(hub))) {
        hub->stats.timed_out++;
        if (slowest->state == FCGI_STATE_STALLED)
            fcgi_life_go_later(slowest);
        else
            fcgi_life_close(slowest);
        if (fcgi_hub_once_a_minute(&hub->unread_logged_ms))
            log_warn("FastCGI: too many answers are not read; cutting off the slowest");
    }
}

static void on_unsendable(struct fcgi_conn *self)
{
    self->hub->stats.aborted++;
    fcgi_life_close(self);
}

static void keep_rest(struct fcgi_conn *self, const struct fcgi_answer *answer)
{
    struct fcgi_hub *hub = self->hub;

    self->output = fcgi_output_new(&hub->outputs, answer);
    enter(self, FCGI_STATE_OUTPUT);
    fcgi_life_watch(self, FCGI_WATCH_OUTPUT);
    bound_outputs(hub);
}

static void send_reply(struct conn *base, const char *head, size_t head_len, struct blob *body)
{
    struct fcgi_conn *self = (struct fcgi_conn *)base; /* its first member */
    struct fcgi_answer answer = {
        .head = head, .head_len = self->begun ? 0 : head_len, .body = body, .id = self->request_id};

    assert(fcgi_hub_is_unanswered(self));
    conn_set_owner(base, NULL, NULL);
    self->begun = false;
    if (self->state == FCGI_STATE_GONE || self->state == FCGI_STATE_STALLED) {
        fcgi_life_close(self);
        return;
    }
    switch (fcgi_output_send(self->fd, &answer)) {
    case FCGI_SENT_ALL: fcgi_life_next(self); break;
    case FCGI_SENT_PART:
    case FCGI_SENT_NONE: keep_rest(self, &answer); break;
    case FCGI_SENT_GONE: on_unsendable(self); break;
    }
}

void fcgi_reply_writable(struct fcgi_conn *self)
{
    switch (fcgi_output_continue(self->output, self->fd)) {
    case FCGI_SENT_ALL: fcgi_life_next(self); break;
    case FCGI_SENT_PART: enter(self, FCGI_STATE_OUTPUT); break;
    case FCGI_SENT_NONE: break;
    case FCGI_SENT_GONE: on_unsendable(self); break;
    }
}

/* ---- answers in parts ---- */

static bool begin(struct conn *base, const char *head, size_t head_len)
{
    struct fcgi_conn *self = (struct fcgi_conn *)base; /* its first member */
    bool open = self->state == FCGI_STATE_WAITING || self->state == FCGI_STATE_PARKED;

    if (open && !self->begun && head_len <= FCGI_BEGINNING_MAX)
        self->begun = fcgi_output_begin(self->fd, self->request_id, head, head_len);
    return self->begun;
}

static bool begun(const struct conn *base)
{
    return ((const struct fcgi_conn *)base)->begun;
}

static void stall(struct fcgi_conn *self, const struct fcgi_answer *part)
{
    self->output = fcgi_output_new(&self->hub->outputs, part);
    enter(self, FCGI_STATE_STALLED);
    if (!fcgi_hub_watch(self, FCGI_WATCH_OUTPUT_OR_END))
        fcgi_life_go_later(self);
    bound_outputs(self->hub);
}

static bool send_part(struct conn *base, struct blob *blob)
{
    struct fcgi_conn *self = (struct fcgi_conn *)base; /* its first member */
    struct fcgi_answer part = {.head = "", .body = blob, .id = self->request_id, .open = true};

    if (self->state == FCGI_STATE_GONE)
        return false;
    assert(self->begun && self->state != FCGI_STATE_STALLED);
    self->in_parts = true;
    switch (fcgi_output_send(self->fd, &part)) {
    case FCGI_SENT_ALL: return true;
    case FCGI_SENT_PART:
    case FCGI_SENT_NONE: stall(self, &part); break;
    case FCGI_SENT_GONE:
        self->hub->stats.aborted++;
        fcgi_life_go_later(self);
        break;
    }
    return false;
}

static void on_part_sent(struct fcgi_conn *self)
{
    const struct transport_handler *handler = &self->hub->handler;

    fcgi_life_drop_work(self);
    fcgi_life_park(self);
    if (self->state == FCGI_STATE_PARKED && self->conn.owner)
        handler->on_sent(handler->ctx, &self->conn, self->conn.owner);
}

void fcgi_reply_stalled_event(struct fcgi_conn *self, uint32_t events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        fcgi_life_gone(self, false);
        return;
    }
    switch (fcgi_output_continue(self->output, self->fd)) {
    case FCGI_SENT_ALL: on_part_sent(self); break;
    case FCGI_SENT_PART: enter(self, FCGI_STATE_STALLED); break;
    case FCGI_SENT_NONE: break;
    case FCGI_SENT_GONE: fcgi_life_gone(self, false); break;
    }
}

bool fcgi_reply_goes_on(struct fcgi_conn *self)
{
    enum fcgi_state state = (enum fcgi_state)self->state;

    if (state != FCGI_STATE_OUTPUT && state != FCGI_STATE_STALLED)
        return false;
    int64_t deadline_ms = fcgi_output_deadline_ms(self->output);
    if (state == FCGI_STATE_OUTPUT)
        fcgi_reply_writable(self);
    else
        fcgi_reply_stalled_event(self, 0);
    return self->state != state || fcgi_output_deadline_ms(self->output) > deadline_ms;
}

void fcgi_reply_give_up(struct fcgi_conn *self)
{
    if (self->state == FCGI_STATE_STALLED)
        fcgi_life_gone(self, false);
    else
        fcgi_life_close(self);
}

void fcgi_reply_probe(struct fcgi_conn *self)
{
    if (self->begun && !self->in_parts)
        (void)fcgi_output_begin(self->fd, self->request_id, " ", 1);
}

const struct conn_kind fcgi_reply_kind = {.send_reply = send_reply, .begin = begin, .begun = begun, .send = send_part};
