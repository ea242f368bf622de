/* SPDX-License-Identifier: ISC */
/*
 * Any bytes from a web server, in portions, through the whole FastCGI side with libfcgi in it: what the walk finds
 * whole libfcgi can read, every request can be answered, and nothing is left when the web server has gone.
 */
#include "base/blob.h"
#include "base/log.h"
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

struct server {
    struct event_base *base;
    struct fcgi *fcgi;
    unsigned requests;
    bool parks;
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

static void answer(struct conn *conn)
{
    struct blob *body = blob_new("body", 4);

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
    if (!self->parks) {
        answer(conn);
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
    struct transport_handler handler = {&self, on_request};

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
    if (self->parked) {
        struct conn *conn = self->parked;

        self->parked = NULL;
        answer(conn);
    }
}

/* Whether the bytes begin with a responder's whole request. */
static bool begins_whole(const uint8_t *data, size_t size)
{
    struct frame frame;

    frame_init(&frame);
    frame_feed(&frame, data, size);
    return frame.state == FRAME_WHOLE && frame.role == FCGI_RESPONDER;
}

static void send_all(struct server *self, int fd, const uint8_t *data, size_t size, size_t portion)
{
    char answers[4096];

    while (size) {
        ssize_t sent = send(fd, data, size < portion ? size : portion, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
        turn(self);
        while (recv(fd, answers, sizeof answers, MSG_DONTWAIT) > 0)
            ;
        if (sent < 0 && self->fcgi->hub.stats.connections == 0)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server *self = server();
    size_t portion = size && data[size - 1] & 1 ? data[size - 1] + 1u : 65536;
    int fds[2];

    check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    self->parks = size && data[size - 1] & 2;
    self->requests = 0;
    fcgi_hub_enter(&self->fcgi->hub);
    fcgi_conn_event(fcgi_conn_new(&self->fcgi->hub, fds[1]), EPOLLIN);
    fcgi_hub_leave(&self->fcgi->hub);
    send_all(self, fds[0], data, size, portion);
    check(self->requests > 0 || !begins_whole(data, size));
    close(fds[0]);
    for (int turns = 0; self->fcgi->hub.stats.connections && turns < 10; turns++)
        turn(self);
    check(self->fcgi->hub.stats.connections == 0 && self->fcgi->hub.stats.waiting == 0 && !self->parked);
    return 0;
}
