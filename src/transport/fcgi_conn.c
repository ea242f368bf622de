/* SPDX-License-Identifier: ISC */
/* See fcgi_conn.h. */
#include "transport/fcgi_conn.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/fcgi_control.h"
#include "transport/fcgi_input.h"
#include "transport/fcgi_output.h"

#include <assert.h>
#include <fastcgi.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ---- closing, and going on ---- */

/* The descriptor has been closed. */
static void forget_fd(struct fcgi_conn *self)
{
    self->fd = -1;
    self->hub->stats.connections--;
}

/* Takes it out of the epoll too, since no descriptor is ever duplicated. */
static void close_fd(struct fcgi_conn *self)
{
    if (self->fd < 0)
        return;
    close(self->fd);
    forget_fd(self);
}

/* Frees what the state that ends has held. */
static void drop_work(struct fcgi_conn *self)
{
    if (self->state == FCGI_STATE_OUTPUT)
        fcgi_output_free(self->output);
    else
        fcgi_partial_free(self->partial);
    self->partial = NULL;
}

void fcgi_conn_close(struct fcgi_conn *self)
{
    close_fd(self);
    drop_work(self);
    fcgi_hub_move(self, FCGI_STATE_DEAD);
}

/* If the system refuses, the connection is closed, unless all it needs is an answer. */
static void watch(struct fcgi_conn *self, uint32_t events)
{
    if (!fcgi_hub_watch(self, events) && !fcgi_hub_is_unanswered(self))
        fcgi_conn_close(self);
}

/* A request has been answered, or needs no answer: waits for the next one, or closes. */
static void next(struct fcgi_conn *self)
{
    if (!self->keep || self->hub->draining) {
        fcgi_conn_close(self);
        return;
    }
    drop_work(self);
    fcgi_hub_move(self, FCGI_STATE_IDLE);
    watch(self, EPOLLIN | EPOLLRDHUP);
}

/* ---- input ---- */

static void hand_up(struct fcgi_conn *self, const struct fcgi_arrival *arrival)
{
    struct fcgi_hub *hub = self->hub;

    self->request_id = arrival->request_id;
    self->keep = arrival->keep_conn;
    self->begun = false;
    conn_set_owner(&self->conn, NULL, NULL);
    fcgi_hub_move(self, self->watched ? FCGI_STATE_PARKED : FCGI_STATE_WAITING);
    fcgi_hub_need_tick(hub);
    hub->handler.on_request(hub->handler.ctx, &self->conn, &arrival->request);
    fcgi_input_release(hub->input);
}

/* Ends a request that nobody will answer. */
static void refuse(struct fcgi_conn *self, const struct fcgi_arrival *arrival, unsigned char protocol_status)
{
    self->keep = fcgi_control_end(self->fd, arrival->request_id, protocol_status) && arrival->keep_conn;
    next(self);
}

static void on_malformed(struct fcgi_conn *self, const char *what)
{
    self->hub->stats.malformed++;
    if (fcgi_hub_once_a_minute(&self->hub->malformed_logged_ms))
        log_warn("FastCGI: %s; closing the connection", what);
    fcgi_conn_close(self);
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
    if (fresh || (self->state == FCGI_STATE_IDLE && self->partial))
        fcgi_hub_move(self, FCGI_STATE_INPUT);
    if (self->state == FCGI_STATE_INPUT)
        fcgi_hub_need_tick(self->hub);
    watch(self, EPOLLIN | EPOLLRDHUP);
}

/* Nothing of a request is here. */
static void on_nothing(struct fcgi_conn *self)
{
    if (self->state == FCGI_STATE_IDLE && self->hub->draining)
        fcgi_conn_close(self);
    else
        await(self);
}

/* A kept connection that got nothing but records aside is as idle as before. */
static void on_aside(struct fcgi_conn *self)
{
    if (self->keep)
        next(self);
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
    case FCGI_CAME_END: fcgi_conn_close(self); break;
    }
}

static void on_readable(struct fcgi_conn *self)
{
    struct fcgi_hub *hub = self->hub;
    struct fcgi_arrival arrival;
    int fd = self->fd;
    enum fcgi_came came = fcgi_input_read(hub->input, &fd, &self->partial, &arrival);

    if (fd < 0)
        forget_fd(self);
    if (arrival.crowded_out && fcgi_hub_once_a_minute(&hub->crowded_logged_ms))
        log_warn("FastCGI: too many large requests arrive at once; the oldest are answered 503");
    on_came(self, came, &arrival);
}

/* ---- while an answer is owed ---- */

/* The client of a request that was handed up has gone. ABORTED: its gateway says so and may keep the connection. */
static void on_gone(struct fcgi_conn *self, bool aborted)
{
    self->hub->stats.aborted++;
    if (!conn_tell_gone(&self->conn, self->hub->handler.ctx)) {
        close_fd(self);
        fcgi_hub_move(self, FCGI_STATE_GONE);
        fcgi_hub_need_tick(self->hub);
    } else if (aborted) {
        next(self);
    } else {
        fcgi_conn_close(self);
    }
}

/*
 * Bytes or an end while an answer is owed. Of what may become an abort the rest is awaited by its edge, and the next
 * request is not watched at all: both stay in the socket, which stays readable, and the loop would spin.
 */
static void on_unanswered_event(struct fcgi_conn *self, uint32_t events)
{
    enum fcgi_heard heard = fcgi_input_listen(self->hub->input, self->fd, self->request_id);

    if (heard == FCGI_HEARD_ABORT)
        on_gone(self, fcgi_control_end(self->fd, self->request_id, FCGI_REQUEST_COMPLETE));
    else if (heard == FCGI_HEARD_END || events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        on_gone(self, false);
    else if (heard == FCGI_HEARD_PART)
        watch(self, EPOLLIN | EPOLLRDHUP | EPOLLET);
    else if (heard == FCGI_HEARD_OTHER)
        watch(self, EPOLLRDHUP);
}

void fcgi_conn_park(struct fcgi_conn *self)
{
    fcgi_hub_move(self, FCGI_STATE_PARKED);
    watch(self, EPOLLIN | EPOLLRDHUP);
}

void fcgi_conn_tell_gone(struct fcgi_conn *self)
{
    if (conn_tell_gone(&self->conn, self->hub->handler.ctx))
        fcgi_conn_close(self);
}

/* ---- output ---- */

/* The time limit starts: at the end of the list, so that the first is due first. */
static void enter_output(struct fcgi_conn *self)
{
    fcgi_hub_move(self, FCGI_STATE_OUTPUT);
    fcgi_hub_need_tick(self->hub);
}

/* Cuts off those who have taken nothing for the longest, which may be the one that has just been added. */
static void bound_outputs(struct fcgi_hub *hub)
{
    struct fcgi_conn *slowest;

    while (hub->outputs.bytes > LIMIT_OUTPUTS_BYTES && (slowest = TAILQ_FIRST(&hub->conns[FCGI_STATE_OUTPUT]))) {
        hub->stats.timed_out++;
        fcgi_conn_close(slowest);
        if (fcgi_hub_once_a_minute(&hub->unread_logged_ms))
            log_warn("FastCGI: too many answers are not read; cutting off the slowest");
    }
}

static void on_unsendable(struct fcgi_conn *self)
{
    self->hub->stats.aborted++;
    fcgi_conn_close(self);
}

static void keep_rest(struct fcgi_conn *self, const struct fcgi_answer *answer)
{
    struct fcgi_hub *hub = self->hub;

    self->output = fcgi_output_new(&hub->outputs, answer);
    enter_output(self);
    watch(self, EPOLLOUT);
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
    if (self->state == FCGI_STATE_GONE) {
        fcgi_conn_close(self);
        return;
    }
    switch (fcgi_output_send(self->fd, &answer)) {
    case FCGI_SENT_ALL: next(self); break;
    case FCGI_SENT_PART:
    case FCGI_SENT_NONE: keep_rest(self, &answer); break;
    case FCGI_SENT_GONE: on_unsendable(self); break;
    }
}

static void on_writable(struct fcgi_conn *self)
{
    switch (fcgi_output_continue(self->output, self->fd)) {
    case FCGI_SENT_ALL: next(self); break;
    case FCGI_SENT_PART: enter_output(self); break;
    case FCGI_SENT_NONE: break;
    case FCGI_SENT_GONE: on_unsendable(self); break;
    }
}

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

void fcgi_conn_probe(struct fcgi_conn *self)
{
    if (self->begun)
        (void)fcgi_output_begin(self->fd, self->request_id, " ", 1);
}

/* ---- the whole ---- */

static const struct conn_kind fcgi_conn_kind = {.send_reply = send_reply, .begin = begin, .begun = begun};

struct fcgi_conn *fcgi_conn_new(struct fcgi_hub *hub, int fd)
{
    struct fcgi_conn *self = mem_new(sizeof *self);

    self->conn.kind = &fcgi_conn_kind;
    self->fd = fd;
    self->state = FCGI_STATE_INPUT;
    fcgi_hub_add(hub, self);
    return self;
}

void fcgi_conn_event(struct fcgi_conn *self, uint32_t events)
{
    switch ((enum fcgi_state)self->state) {
    case FCGI_STATE_INPUT:
    case FCGI_STATE_IDLE: on_readable(self); break;
    case FCGI_STATE_WAITING:
    case FCGI_STATE_PARKED: on_unanswered_event(self, events); break;
    case FCGI_STATE_OUTPUT: on_writable(self); break;
    case FCGI_STATE_GONE:
    case FCGI_STATE_DEAD:
    case FCGI_STATES: break; /* of an event that was fetched before it died */
    }
}

bool fcgi_conn_is_late(const struct fcgi_conn *self, int64_t now_ms)
{
    if (self->state == FCGI_STATE_INPUT)
        return self->partial->deadline_ms <= now_ms;
    return self->state == FCGI_STATE_OUTPUT && fcgi_output_deadline_ms(self->output) <= now_ms;
}
