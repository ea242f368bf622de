/* SPDX-License-Identifier: ISC */
/*
 * Any bytes from a web server, in portions, through the whole FastCGI side with libfcgi in it: what the walk finds
 * whole libfcgi can read, every request can be answered, at once, later or never, to a web server that reads or does
 * not, and nothing is left when it has gone. The last byte says how all that is: see struct manner.
 */
#include "base/blob.h"
#include "base/log.h"
#include "transport/fcgi_control.h"
#include "transport/fcgi_private.h"
#include "transport/frame.h"

#include <event2/event.h>
#include <fastcgi.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGE = 64 << 10, SOCKET_BUFFER = 4 << 10, STUCK_MAX = 8 };

struct manner {
    size_t portion;
    bool parks; /* a request is answered after a turn */
    bool keeps; /* or not at all */
    bool large; /* answers are, and nobody reads them */
};

struct server {
    struct event_base *base;
    struct fcgi *fcgi;
    unsigned requests;
    struct manner manner;
    struct conn *parked;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void on_gone(void *ctx, struct conn *conn, void *owner)
{
    struct server *self = ctx;

    check(conn == self->parked && owner == self);
    self->parked = NULL;
}

static void answer(const struct server *self, struct conn *conn)
{
    static const char bytes[LARGE] = "body";
    struct blob *body = blob_new(bytes, self->manner.large ? sizeof bytes : 4);

    conn_reply(conn, "Status: 200\r\n\r\n", 15, body);
    blob_unref(body);
}

static void on_request(void *ctx, struct conn *conn, const struct request *request)
{
    struct server *self = ctx;

    self->requests++;
    request_param(request, "REQUEST_METHOD");
    check(strlen(request->body) <= request->body_len);
    check(request->fault == REQUEST_WHOLE || request->body_len == 0);
    if (!self->manner.parks) {
        answer(self, conn);
        return;
    }
    check(!self->parked);
    self->parked = conn;
    conn_set_owner(conn, on_gone, self);
}

/* One for all inputs: it has to be as new after each. The listening socket is only there to be watched. */
static struct server *server(void)
{
    static struct server self;
    struct transport_handler handler = {.ctx = &self, .on_request = on_request};

    if (!self.base) {
        log_set_level(LOG_LEVEL_ERROR);
        self.base = event_base_new();
        self.fcgi = fcgi_new(self.base, socket(AF_UNIX, SOCK_STREAM, 0), &handler);
        event_del(self.fcgi->accepting);
    }
    return &self;
}

static void turn(struct server *self)
{
    event_base_loop(self->base, EVLOOP_NONBLOCK);
    if (self->parked && !self->manner.keeps) {
        struct conn *conn = self->parked;

        self->parked = NULL;
        answer(self, conn);
    }
}

/* Whether the bytes begin with a responder's whole request, and what follows does not abort it. */
static bool begins_whole(const uint8_t *data, size_t size)
{
    struct frame frame;

    frame_init(&frame);
    size_t took = frame_feed(&frame, data, size);
    return frame.state == FRAME_WHOLE && frame.role == FCGI_RESPONDER &&
           fcgi_control_abort_bytes(data + took, size - took, frame.request_id) == 0;
}

static void send_all(struct server *self, int fd, const uint8_t *data, size_t size)
{
    char answers[4096];
    const struct manner *manner = &self->manner;

    for (int stuck = 0; size && stuck < STUCK_MAX;) {
        ssize_t sent = send(fd, data, size < manner->portion ? size : manner->portion, MSG_NOSIGNAL | MSG_DONTWAIT);

        stuck = sent > 0 ? 0 : stuck + 1;

        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
        turn(self);
        while (!manner->large && recv(fd, answers, sizeof answers, MSG_DONTWAIT) > 0)
            ;
        if (sent < 0 && self->fcgi->hub.stats.connections == 0)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server *self = server();
    uint8_t last = size ? data[size - 1] : 0;
    int small = SOCKET_BUFFER;
    int fds[2];

    check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    self->manner = (struct manner){last & 1 ? last + 1u : 65536, last & 2, last & 4, last & 8};
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    self->requests = 0;
    fcgi_hub_enter(&self->fcgi->hub);
    fcgi_conn_event(fcgi_conn_new(&self->fcgi->hub, fds[1]), EPOLLIN);
    fcgi_hub_leave(&self->fcgi->hub);
    send_all(self, fds[0], data, size);
    check(self->requests > 0 || !begins_whole(data, size));
    close(fds[0]);
    for (int turns = 0; self->fcgi->hub.stats.connections && turns < 10; turns++)
        turn(self);
    check(self->fcgi->hub.stats.connections == 0 && self->fcgi->hub.stats.waiting == 0 && !self->parked);
    return 0;
}
