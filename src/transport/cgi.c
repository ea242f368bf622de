/* SPDX-License-Identifier: ISC */
/*
 * One request of a CGI program (RFC 3875). CONTENT_LENGTH says how much of standard input is read, since a server
 * need not close it. It is read to its end only if the body came chunked and so has no length. Writing to a pipe
 * whose reader has gone raises SIGPIPE, which the process has to ignore.
 */
#include "transport/conn.h"
#include "transport/request.h"

#include "base/blob.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ_BYTES = 16384 };

enum cgi_state {
    CGI_INPUT,   /* the body is being read */
    CGI_WAITING, /* the request was handed up */
    CGI_GONE,    /* its client has gone, but nobody was told: the answer is awaited, to be dropped */
    CGI_OUTPUT,  /* the answer is being written */
    CGI_DONE,
};

struct cgi {
    struct conn conn;
    struct transport_handler handler;
    void (*on_done)(void *ctx);
    struct request request;
    int in_fd;  /* borrowed */
    int out_fd; /* borrowed */
    enum cgi_state state;
    size_t body_left; /* bytes still to be read; SIZE_MAX: to the end */
    struct buf body;
    struct buf head;                           /* the answer's */
    struct blob *answer;                       /* the answer's body; a reference; NULL for none */
    size_t written;                            /* bytes of both */
    struct event *reading, *writing, *leaving; /* owned: on in_fd, on out_fd, on out_fd's edges */
    struct event *step;                        /* owned: the first and the last step, from the loop */
    struct event *limit;                       /* owned: the time limit of input or output */
};

static void finish(struct cgi *self)
{
    self->state = CGI_DONE;
    event_del(self->reading);
    event_del(self->writing);
    event_del(self->leaving);
    event_del(self->limit);
    event_active(self->step, EV_TIMEOUT, 0);
}

static void start_limit(struct cgi *self, int seconds)
{
    const struct timeval limit = {.tv_sec = seconds};

    event_add(self->limit, &limit);
}

/* ---- the answer ---- */

static size_t answer_bytes(const struct cgi *self)
{
    return self->head.len + (self->answer ? self->answer->len : 0);
}

static ssize_t write_some(const struct cgi *self)
{
    struct iovec parts[2];
    int count = 0;
    size_t in_body = self->written > self->head.len ? self->written - self->head.len : 0;

    if (self->written < self->head.len)
        parts[count++] = (struct iovec){self->head.data + self->written, self->head.len - self->written};
    if (self->answer && in_body < self->answer->len)
        parts[count++] = (struct iovec){self->answer->data + in_body, self->answer->len - in_body};
    return writev(self->out_fd, parts, count);
}

static void write_on(struct cgi *self)
{
    while (self->written < answer_bytes(self)) {
        ssize_t wrote = write_some(self);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno == EAGAIN) {
            event_add(self->writing, NULL);
            return;
        }
        if (wrote < 0)
            break;
        self->written += (size_t)wrote;
        start_limit(self, LIMIT_OUTPUT_SECONDS);
    }
    finish(self);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    write_on(arg);
}

static void send_reply(struct conn *base, const char *head, size_t head_len, struct blob *body)
{
    struct cgi *self = (struct cgi *)base; /* its first member */

    assert(self->state == CGI_WAITING || self->state == CGI_GONE);
    conn_set_owner(base, NULL, NULL);
    if (self->state == CGI_GONE) {
        finish(self);
        return;
    }
    self->state = CGI_OUTPUT;
    event_del(self->leaving);
    buf_add(&self->head, head, head_len);
    self->answer = body ? blob_ref(body) : NULL;
    start_limit(self, LIMIT_OUTPUT_SECONDS);
    write_on(self);
}

static const struct conn_kind cgi_conn_kind = {.send_reply = send_reply};

/* ---- waiting ---- */

static bool is_watchable(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

/*
 * Looks if the reader of the answer has gone. Bytes, or the end of what the server sends, mean nothing: mod_cgid gives
 * one socket for both directions, and shuts its side down as soon as the body is through.
 */
static void on_leaving(evutil_socket_t fd, short what, void *arg)
{
    struct cgi *self = arg;
    struct pollfd look = {.fd = fd};

    (void)what;
    if (poll(&look, 1, 0) <= 0)
        return;
    event_del(self->leaving);
    self->state = CGI_GONE;
    if (conn_tell_gone(&self->conn, self->handler.ctx))
        finish(self);
}

static void hand_up(struct cgi *self)
{
    event_del(self->limit);
    event_del(self->reading);
    if (self->request.fault == REQUEST_WHOLE) {
        self->request.body = buf_text(&self->body);
        self->request.body_len = self->body.len;
    }
    self->state = CGI_WAITING;
    if (is_watchable(self->out_fd))
        event_add(self->leaving, NULL);
    self->handler.on_request(self->handler.ctx, &self->conn, &self->request);
}

/* ---- the body ---- */

/* LEN bytes more of the body are at the end of its buffer. */
static void take(struct cgi *self, size_t len)
{
    buf_commit(&self->body, len);
    if (self->body_left != SIZE_MAX)
        self->body_left -= len;
    if (self->body.len > LIMIT_BODY_BYTES)
        self->request.fault = REQUEST_TOO_LARGE;
    if (self->request.fault != REQUEST_WHOLE)
        buf_clear(&self->body);
}

static void on_end(struct cgi *self)
{
    if (self->body_left != SIZE_MAX && self->request.fault == REQUEST_WHOLE)
        self->request.fault = REQUEST_LENGTH_WRONG;
    hand_up(self);
}

/* Reads what has come. A file has come all at once, and cannot be waited for. */
static void read_on(struct cgi *self)
{
    while (self->body_left) {
        size_t want = self->body_left < READ_BYTES ? self->body_left : READ_BYTES;
        ssize_t got = read(self->in_fd, buf_reserve(&self->body, want), want);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN) {
            event_add(self->reading, NULL);
            return;
        }
        if (got <= 0) {
            on_end(self);
            return;
        }
        take(self, (size_t)got);
    }
    hand_up(self);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    read_on(arg);
}

static bool is_chunked(const struct request *request)
{
    const char *encoding = request_param(request, "HTTP_TRANSFER_ENCODING");

    return encoding && strcasecmp(encoding, "chunked") == 0;
}

static void begin(struct cgi *self)
{
    struct request *request = &self->request;
    size_t length = 0;

    switch (request_length_parse(request_param(request, "CONTENT_LENGTH"), &length)) {
    case REQUEST_LENGTH_NO_NUMBER: request->fault = REQUEST_LENGTH_INVALID; break;
    case REQUEST_LENGTH_NUMBER:
        self->body_left = length;
        if (length > LIMIT_BODY_BYTES)
            request->fault = REQUEST_TOO_LARGE;
        break;
    case REQUEST_LENGTH_NONE: self->body_left = is_chunked(request) ? SIZE_MAX : 0; break;
    }
    start_limit(self, LIMIT_INPUT_SECONDS);
    read_on(self);
}

/* ---- the whole ---- */

static void on_step(evutil_socket_t fd, short what, void *arg)
{
    struct cgi *self = arg;

    (void)fd;
    (void)what;
    if (self->state == CGI_DONE)
        self->on_done(self->handler.ctx); /* may free SELF */
    else
        begin(self);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
    struct cgi *self = arg;

    (void)fd;
    (void)what;
    log_warn("CGI: %s took too long", self->state == CGI_INPUT ? "the request" : "the answer");
    finish(self);
}

static struct event *new_event(struct event_base *base, int fd, short what, event_callback_fn fn, struct cgi *self)
{
    struct event *event = event_new(base, fd, what, fn, self);

    if (!event) {
        log_error("CGI: cannot create an event");
        abort();
    }
    return event;
}

static void set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

struct cgi *cgi_new(struct event_base *base, const struct cgi_process *process, const struct transport_handler *handler,
                    void (*on_done)(void *ctx))
{
    struct cgi *self = mem_new(sizeof *self);

    self->conn.kind = &cgi_conn_kind;
    self->handler = *handler;
    self->on_done = on_done;
    self->request = (struct request){.params = process->environment, .body = "", .fault = REQUEST_WHOLE};
    self->in_fd = process->in_fd;
    self->out_fd = process->out_fd;
    self->state = CGI_INPUT;
    set_nonblocking(self->in_fd);
    set_nonblocking(self->out_fd);
    self->reading = new_event(base, self->in_fd, EV_READ, on_readable, self);
    self->writing = new_event(base, self->out_fd, EV_WRITE, on_writable, self);
    self->leaving = new_event(base, self->out_fd, EV_READ | EV_PERSIST | EV_ET, on_leaving, self);
    self->step = new_event(base, -1, 0, on_step, self);
    self->limit = new_event(base, -1, 0, on_limit, self);
    event_active(self->step, EV_TIMEOUT, 0);
    return self;
}

void cgi_free(struct cgi *self)
{
    if (!self)
        return;
    event_free(self->reading);
    event_free(self->writing);
    event_free(self->leaving);
    event_free(self->step);
    event_free(self->limit);
    buf_fini(&self->body);
    buf_fini(&self->head);
    blob_unref(self->answer);
    free(self);
}
