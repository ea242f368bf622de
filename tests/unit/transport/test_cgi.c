/* SPDX-License-Identifier: ISC */
/* transport/cgi.c: one request from an environment and a pipe, its answer into another. */
#include "base/blob.h"
#include "base/limits.h"
#include "base/mem.h"
#include "transport/transport.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE = 20000 };

struct fixture {
    struct event_base *base;
    struct event *pulse; /* wakes the loop, so that waiting for other things ends */
    struct cgi *cgi;     /* owned; NULL before begin() */
    int in[2];           /* the program's standard input, a pipe; -1: closed */
    int out[2];          /* its standard output */
    bool parks;
    bool unowned;
    struct blob *answer; /* owned: body of the answer; NULL: none */
    struct conn *conn;   /* parked */
    unsigned requests, gone, done;
    enum request_fault fault;
    char *body; /* owned */
    size_t body_len;
};

static const char head[] = "Status: 200 OK\r\n\r\n";

static void on_gone(void *ctx, struct conn *conn, void *owner)
{
    struct fixture *self = ctx;

    assert_ptr_equal(conn, self->conn);
    assert_ptr_equal(owner, self);
    self->gone++;
}

static void on_request(void *ctx, struct conn *conn, const struct request *request)
{
    struct fixture *self = ctx;

    self->requests++;
    self->fault = request->fault;
    self->body = mem_copy(request->body, request->body_len);
    self->body_len = request->body_len;
    self->conn = conn;
    if (self->parks && !self->unowned)
        conn_set_owner(conn, on_gone, self);
    if (!self->parks)
        conn_reply(conn, head, strlen(head), self->answer);
}

static void on_done(void *ctx)
{
    struct fixture *self = ctx;

    self->done++;
    cgi_free(self->cgi);
    self->cgi = NULL;
}

static void on_pulse(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static int setup(void **state)
{
    const struct timeval interval = {.tv_usec = 2000};
    struct fixture *self = calloc(1, sizeof *self);

    signal(SIGPIPE, SIG_IGN);
    self->base = event_base_new();
    self->pulse = event_new(self->base, -1, EV_PERSIST, on_pulse, NULL);
    event_add(self->pulse, &interval);
    if (pipe2(self->in, O_CLOEXEC) != 0 || pipe2(self->out, O_CLOEXEC) != 0)
        return -1;
    *state = self;
    return 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int teardown(void **state)
{
    struct fixture *self = *state;

    cgi_free(self->cgi);
    for (int i = 0; i < 2; i++) {
        close_end(&self->in[i]);
        close_end(&self->out[i]);
    }
    event_free(self->pulse);
    event_base_free(self->base);
    blob_unref(self->answer);
    free(self->body);
    free(self);
    return 0;
}

/* Starts the program with CONTENT_LENGTH (NULL: none) and MORE, another variable (or NULL). */
static void begin(struct fixture *self, const char *length, char *more)
{
    static char variable[64];
    char *environment[4] = {(char *)"REQUEST_METHOD=POST"};
    static char *kept[4];
    struct transport_handler handler = {.ctx = self, .on_request = on_request};
    size_t count = 1;

    if (length) {
        strcat(strcpy(variable, "CONTENT_LENGTH="), length);
        environment[count++] = variable;
    }
    environment[count] = more;
    memcpy(kept, environment, sizeof kept);
    self->cgi = cgi_new(self->base, &(struct cgi_process){kept, self->in[0], self->out[1]}, &handler, on_done);
    assert_int_equal(self->requests, 0);
}

/* Runs the loop until WHAT holds, for 20 s at most. */
#define until(self, what)                                                                                              \
    do {                                                                                                               \
        for (int tries = 0; !(what) && tries < PATIENCE; tries++)                                                      \
            event_base_loop((self)->base, EVLOOP_ONCE);                                                                \
        assert_true(what);                                                                                             \
    } while (0)

static void put(struct fixture *self, const char *text)
{
    assert_int_equal(write(self->in[1], text, strlen(text)), strlen(text));
}

static void assert_written(struct fixture *self, const char *text)
{
    char got[256] = "";

    assert_int_equal(read(self->out[0], got, sizeof got - 1), strlen(text));
    assert_string_equal(got, text);
}

static void assert_request(struct fixture *self, enum request_fault fault, const char *body)
{
    until(self, self->done == 1);
    assert_int_equal(self->requests, 1);
    assert_int_equal(self->fault, fault);
    assert_string_equal(self->body, body);
    assert_int_equal(self->body_len, strlen(body));
    assert_written(self, head);
}

static void a_request_without_a_body_reads_nothing(void **state)
{
    begin(*state, NULL, NULL);
    assert_request(*state, REQUEST_WHOLE, "");
}

static void an_empty_length_is_none(void **state)
{
    begin(*state, "", NULL);
    assert_request(*state, REQUEST_WHOLE, "");
}

static void a_body_is_as_long_as_it_says_though_input_stays_open(void **state)
{
    put(*state, "bodymore");
    begin(*state, "4", NULL);
    assert_request(*state, REQUEST_WHOLE, "body");
}

static void a_body_may_come_in_portions(void **state)
{
    struct fixture *self = *state;

    begin(self, "4", NULL);
    for (int i = 0; i < 4; i++) {
        event_base_loop(self->base, EVLOOP_NONBLOCK);
        put(self, "x");
    }
    assert_request(self, REQUEST_WHOLE, "xxxx");
}

static void a_chunked_body_ends_with_the_input(void **state)
{
    struct fixture *self = *state;

    begin(self, NULL, (char *)"HTTP_TRANSFER_ENCODING=chunked");
    put(self, "body");
    event_base_loop(self->base, EVLOOP_NONBLOCK);
    close_end(&self->in[1]);
    assert_request(self, REQUEST_WHOLE, "body");
}

static void a_body_from_a_file_is_read(void **state)
{
    struct fixture *self = *state;
    FILE *file = tmpfile();

    fputs("body", file);
    rewind(file);
    dup2(fileno(file), self->in[0]);
    fclose(file);
    begin(self, "4", NULL);
    assert_request(self, REQUEST_WHOLE, "body");
}

static void a_length_that_is_no_number_is_a_fault(void **state)
{
    begin(*state, "12abc", NULL);
    assert_request(*state, REQUEST_LENGTH_INVALID, "");
}

static void a_body_shorter_than_it_says_is_a_fault(void **state)
{
    struct fixture *self = *state;

    put(self, "bod");
    close_end(&self->in[1]);
    begin(self, "4", NULL);
    assert_request(self, REQUEST_LENGTH_WRONG, "");
}

static void a_body_over_the_limit_is_drained_and_refused(void **state)
{
    struct fixture *self = *state;
    static char bytes[4096];
    size_t left = 2 * LIMIT_BODY_BYTES;

    fcntl(self->in[1], F_SETFL, O_NONBLOCK);
    begin(self, "2097152", NULL);
    while (left) {
        ssize_t wrote = write(self->in[1], bytes, left < sizeof bytes ? left : sizeof bytes);

        if (wrote > 0)
            left -= (size_t)wrote;
        else
            event_base_loop(self->base, EVLOOP_ONCE);
    }
    assert_request(self, REQUEST_TOO_LARGE, "");
}

static void a_chunked_body_over_the_limit_is_refused(void **state)
{
    struct fixture *self = *state;
    FILE *file = tmpfile();

    assert_int_equal(ftruncate(fileno(file), LIMIT_BODY_BYTES + 1), 0);
    dup2(fileno(file), self->in[0]);
    fclose(file);
    begin(self, NULL, (char *)"HTTP_TRANSFER_ENCODING=chunked");
    assert_request(self, REQUEST_TOO_LARGE, "");
}

static void an_answer_may_come_later(void **state)
{
    struct fixture *self = *state;

    self->parks = true;
    begin(self, NULL, NULL);
    until(self, self->requests == 1);
    event_base_loop(self->base, EVLOOP_ONCE);
    assert_int_equal(self->done, 0);
    conn_reply(self->conn, head, strlen(head), NULL);
    assert_int_equal(self->done, 0);
    until(self, self->done == 1);
    assert_written(self, head);
    assert_int_equal(self->gone, 0);
}

static void a_long_answer_is_written_whole(void **state)
{
    enum { LENGTH = 1000000 };
    struct fixture *self = *state;
    char *bytes = mem_resize(NULL, LENGTH + 4096, 1);
    size_t got = 0;
    ssize_t some;

    memset(bytes, 'x', LENGTH);
    self->answer = blob_new(bytes, LENGTH);
    fcntl(self->out[0], F_SETFL, O_NONBLOCK);
    begin(self, NULL, NULL);
    for (int tries = 0; got < LENGTH + strlen(head) && tries < PATIENCE; tries++) {
        event_base_loop(self->base, EVLOOP_ONCE);
        while ((some = read(self->out[0], bytes + got, LENGTH + 4096 - got)) > 0)
            got += (size_t)some;
    }
    assert_int_equal(got, LENGTH + strlen(head));
    assert_memory_equal(bytes, head, strlen(head));
    assert_memory_equal(bytes + strlen(head), self->answer->data, LENGTH);
    until(self, self->done == 1);
    assert_int_equal(self->answer->refs, 1);
    free(bytes);
}

static void an_owner_hears_that_the_client_has_gone(void **state)
{
    struct fixture *self = *state;

    self->parks = true;
    begin(self, NULL, NULL);
    until(self, self->requests == 1);
    close_end(&self->out[0]);
    until(self, self->done == 1);
    assert_int_equal(self->gone, 1);
}

static void without_an_owner_the_answer_is_dropped(void **state)
{
    struct fixture *self = *state;

    self->parks = self->unowned = true;
    begin(self, NULL, NULL);
    until(self, self->requests == 1);
    close_end(&self->out[0]);
    for (int i = 0; i < 3; i++)
        event_base_loop(self->base, EVLOOP_ONCE);
    assert_int_equal(self->done, 0);
    conn_reply(self->conn, head, strlen(head), NULL);
    until(self, self->done == 1);
}

static void a_client_that_goes_while_it_is_answered_ends_it(void **state)
{
    struct fixture *self = *state;
    char *bytes = mem_resize(NULL, 1000000, 1);

    memset(bytes, 'x', 1000000);
    self->answer = blob_new(bytes, 1000000);
    free(bytes);
    begin(self, NULL, NULL);
    until(self, self->requests == 1);
    close_end(&self->out[0]);
    until(self, self->done == 1);
    assert_int_equal(self->answer->refs, 1);
}

static void a_socket_may_take_the_answer(void **state)
{
    struct fixture *self = *state;

    close_end(&self->out[0]);
    close_end(&self->out[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->out), 0);
    self->parks = true;
    begin(self, NULL, NULL);
    until(self, self->requests == 1);
    assert_int_equal(send(self->out[0], "stray", 5, 0), 5);
    event_base_loop(self->base, EVLOOP_ONCE);
    assert_int_equal(self->gone, 0);
    conn_reply(self->conn, head, strlen(head), NULL);
    until(self, self->done == 1);
    assert_written(self, head);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_without_a_body_reads_nothing),
        TEST(an_empty_length_is_none),
        TEST(a_body_is_as_long_as_it_says_though_input_stays_open),
        TEST(a_body_may_come_in_portions),
        TEST(a_chunked_body_ends_with_the_input),
        TEST(a_body_from_a_file_is_read),
        TEST(a_length_that_is_no_number_is_a_fault),
        TEST(a_body_shorter_than_it_says_is_a_fault),
        TEST(a_body_over_the_limit_is_drained_and_refused),
        TEST(a_chunked_body_over_the_limit_is_refused),
        TEST(an_answer_may_come_later),
        TEST(a_long_answer_is_written_whole),
        TEST(an_owner_hears_that_the_client_has_gone),
        TEST(without_an_owner_the_answer_is_dropped),
        TEST(a_client_that_goes_while_it_is_answered_ends_it),
        TEST(a_socket_may_take_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
