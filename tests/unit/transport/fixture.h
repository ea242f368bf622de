/* SPDX-License-Identifier: ISC */
/*
 * What the tests of the FastCGI side share: a server on a Unix socket in a directory of its own, a handler that notes
 * what it gets, and web servers that talk to it over real sockets, all in one loop and one thread.
 */
#ifndef ROLLCALL_TESTS_TRANSPORT_FIXTURE_H
#define ROLLCALL_TESTS_TRANSPORT_FIXTURE_H

#include "base/blob.h"
#include "base/mem.h"
#include "records.h"
#include "scratch.h"
#include "transport/fcgi_input.h"
#include "transport/fcgi_private.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CONNS_MAX = 4096, PATIENCE = 20000 };

struct fixture {
    struct scratch *scratch; /* owned */
    struct event_base *base; /* owned */
    struct event *pulse;     /* owned: wakes the loop, so that waiting for other things ends */
    struct fcgi *fcgi;       /* owned; NULL once freed by the test */
    int listen_fd;
    /* How the handler behaves. */
    bool parks;          /* keeps the conn instead of answering */
    bool unowned;        /* sets no owner when it does */
    struct blob *answer; /* owned: body of answers; NULL: "ok" */
    /* What it noted. */
    unsigned requests, gone;
    struct conn *conns[CONNS_MAX]; /* parked, in the order they came; NULL once gone */
    enum request_fault fault;      /* of the latest request, as are the rest */
    size_t body_len;
    char *body;   /* owned */
    char *method; /* owned; NULL if it had none */
    char *role;   /* owned: what libfcgi says of it */
    size_t params_bytes;
};

/* A web server's connection. */
struct client {
    int fd;
    struct buf in;
    bool closed; /* by the other side */
    int error;   /* how */
};

static const char answer_head[] = "Status: 200 OK\r\n\r\n";

static inline void fixture_answer(struct fixture *self, struct conn *conn)
{
    struct blob *ok = self->answer ? blob_ref(self->answer) : blob_new("ok", 2);

    conn_reply(conn, answer_head, strlen(answer_head), ok);
    blob_unref(ok);
}

static inline void fixture_on_gone(void *ctx, struct conn *conn, void *owner)
{
    struct fixture *self = ctx;
    struct conn **place = owner;

    assert_ptr_equal(*place, conn);
    *place = NULL;
    self->gone++;
}

static inline void fixture_note(struct fixture *self, const struct request *request)
{
    free(self->body);
    free(self->method);
    free(self->role);
    self->fault = request->fault;
    self->body = mem_copy(request->body, request->body_len);
    self->body_len = request->body_len;
    self->method = mem_text(request_param(request, "REQUEST_METHOD"));
    self->role = mem_text(request_param(request, "FCGI_ROLE"));
    self->params_bytes = 0;
    for (char *const *param = request->params; *param; param++)
        self->params_bytes += strlen(*param);
}

static inline void fixture_on_request(void *ctx, struct conn *conn, const struct request *request)
{
    struct fixture *self = ctx;
    struct conn **place = &self->conns[self->requests++ % CONNS_MAX];

    fixture_note(self, request);
    if (!self->parks) {
        fixture_answer(self, conn);
        return;
    }
    *place = conn;
    if (!self->unowned)
        conn_set_owner(conn, fixture_on_gone, place);
}

static inline void fixture_on_pulse(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static inline struct sockaddr_un fixture_address(struct fixture *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = scratch_path(self->scratch, "socket");

    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

static inline int fixture_listen(struct fixture *self)
{
    struct sockaddr_un address = fixture_address(self);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1024), 0);
    return fd;
}

static inline int fixture_setup(void **state)
{
    const struct timeval interval = {.tv_usec = 2000};
    struct fixture *self = calloc(1, sizeof *self);
    struct transport_handler handler = {.ctx = self, .on_request = fixture_on_request};
    void *scratch;

    if (!self || scratch_setup(&scratch) != 0)
        return -1;
    self->scratch = scratch;
    self->base = event_base_new();
    self->pulse = event_new(self->base, -1, EV_PERSIST, fixture_on_pulse, NULL);
    event_add(self->pulse, &interval);
    self->listen_fd = fixture_listen(self);
    self->fcgi = fcgi_new(self->base, self->listen_fd, &handler);
    *state = self;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *self = *state;
    void *scratch = self->scratch;

    fcgi_free(self->fcgi);
    close(self->listen_fd);
    event_free(self->pulse);
    event_base_free(self->base);
    blob_unref(self->answer);
    free(self->body);
    free(self->method);
    free(self->role);
    free(self);
    return scratch_teardown(&scratch);
}

/* Runs the loop until WHAT holds, for 20 s at most. */
#define until(self, what)                                                                                              \
    do {                                                                                                               \
        for (int tries = 0; !(what) && tries < PATIENCE; tries++)                                                      \
            event_base_loop((self)->base, EVLOOP_ONCE);                                                                \
        assert_true(what);                                                                                             \
    } while (0)

static inline void client_open(struct client *client, struct fixture *self)
{
    struct sockaddr_un address = fixture_address(self);

    *client = (struct client){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
}

static inline void client_close(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    buf_fini(&client->in);
}

/* Sends BYTES whole; the loop runs while the other side has to read first. */
static inline void client_send(struct client *client, struct fixture *self, const struct buf *bytes)
{
    size_t sent = 0;

    for (int tries = 0; sent < bytes->len && tries < PATIENCE; tries++) {
        ssize_t some = send(client->fd, bytes->data + sent, bytes->len - sent, MSG_NOSIGNAL);

        assert_true(some > 0 || errno == EAGAIN);
        if (some > 0)
            sent += (size_t)some;
        else
            event_base_loop(self->base, EVLOOP_ONCE);
    }
    assert_int_equal(sent, bytes->len);
}

/* Takes what has come. */
static inline void client_look(struct client *client)
{
    ssize_t got;

    while (!client->closed && (got = recv(client->fd, buf_reserve(&client->in, 65536), 65536, 0)) != -1) {
        buf_commit(&client->in, (size_t)got);
        client->closed = got == 0;
    }
    if (!client->closed && errno != EAGAIN) {
        client->error = errno;
        client->closed = true;
    }
}

static inline bool client_got(struct client *client, size_t len)
{
    client_look(client);
    return client->in.len >= len;
}

static inline bool client_is_closed(struct client *client)
{
    client_look(client);
    return client->closed;
}

/* An answer's records taken apart. */
struct answer {
    struct buf out; /* content of STDOUT */
    bool ended;     /* END_REQUEST came */
    int id, protocol_status;
    size_t bytes; /* of its records */
};

/* Parses the first answer in IN; ended is false if it is incomplete. */
static inline void answer_parse(struct answer *answer, const struct buf *in)
{
    const unsigned char *bytes = (const unsigned char *)in->data;
    size_t at = 0;

    *answer = (struct answer){.ended = false};
    while (!answer->ended && at + FCGI_HEADER_LEN <= in->len) {
        const unsigned char *header = bytes + at;
        size_t len = (size_t)(header[4] << 8 | header[5]);

        if (at + FCGI_HEADER_LEN + len + header[6] > in->len)
            break;
        answer->id = header[2] << 8 | header[3];
        if (header[1] == FCGI_STDOUT)
            buf_add(&answer->out, header + FCGI_HEADER_LEN, len);
        answer->ended = header[1] == FCGI_END_REQUEST;
        if (answer->ended)
            answer->protocol_status = header[FCGI_HEADER_LEN + 4];
        at += FCGI_HEADER_LEN + len + header[6];
    }
    answer->bytes = at;
}

static inline bool client_has_answer(struct client *client)
{
    struct answer answer;

    client_look(client);
    answer_parse(&answer, &client->in);
    buf_fini(&answer.out);
    return answer.ended;
}

/* Waits for an answer to request ID, which must be TEXT and end with PROTOCOL_STATUS, and takes it out. */
static inline void client_expect(struct client *client, struct fixture *self, int id, const char *text,
                                 int protocol_status)
{
    struct answer answer;

    until(self, client_has_answer(client));
    answer_parse(&answer, &client->in);
    assert_int_equal(answer.id, id);
    assert_int_equal(answer.protocol_status, protocol_status);
    assert_string_equal(answer.out.data ? answer.out.data : "", text);
    client->in.len -= answer.bytes;
    memmove(client->in.data, client->in.data + answer.bytes, client->in.len);
    buf_fini(&answer.out);
}

static inline void client_expect_ok(struct client *client, struct fixture *self, int id)
{
    client_expect(client, self, id, "Status: 200 OK\r\n\r\nok", FCGI_REQUEST_COMPLETE);
}

/* Sends a small GET. */
static inline void client_get(struct client *client, struct fixture *self, int id, int flags)
{
    struct buf bytes;

    buf_init(&bytes);
    add_request(&bytes, id, flags);
    client_send(client, self, &bytes);
    buf_fini(&bytes);
}

/* Whether no connection has anything for the loop to do: it would turn without end otherwise. */
static inline bool fixture_rests(struct fixture *self)
{
    struct pollfd watched = {.fd = self->fcgi->hub.epoll_fd, .events = POLLIN};

    return poll(&watched, 1, 0) == 0;
}

/* Opens a connection and has its request parked, in the fixture's next place. */
static inline void client_park(struct client *client, struct fixture *self, int flags)
{
    unsigned before = self->requests;

    self->parks = true;
    client_open(client, self);
    client_get(client, self, 1, flags);
    until(self, self->requests == before + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
