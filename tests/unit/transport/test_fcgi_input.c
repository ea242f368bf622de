/* SPDX-License-Identifier: ISC */
/* What came of reading: an outcome for each kind of bytes, over a socket pair and without a server. */
#include "records.h"

#include "base/limits.h"
#include "transport/fcgi_input.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct fcgi_input *input;
    struct fcgi_partial *partial;
    struct fcgi_ahead *ahead;
    struct fcgi_arrival arrival;
    struct buf bytes; /* to be sent */
    int ours, theirs;
};

static int setup(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    int fds[2];

    if (!self || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
        return -1;
    self->ours = fds[0];
    self->theirs = fds[1];
    self->input = fcgi_input_new();
    buf_init(&self->bytes);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *self = *state;

    if (self->ours >= 0)
        close(self->ours);
    if (self->theirs >= 0)
        close(self->theirs);
    fcgi_partial_free(self->partial);
    fcgi_ahead_free(self->ahead);
    fcgi_input_free(self->input);
    buf_fini(&self->bytes);
    free(self);
    return 0;
}

static void send_bytes(struct fixture *self)
{
    assert_int_equal(send(self->theirs, self->bytes.data, self->bytes.len, MSG_NOSIGNAL), self->bytes.len);
    buf_clear(&self->bytes);
}

static enum fcgi_came look(struct fixture *self)
{
    const struct fcgi_incoming incoming = {self->ours, &self->partial, &self->ahead};

    return fcgi_input_read(self->input, &incoming, &self->arrival);
}

/* Sends what is in self->bytes, reads, and expects CAME. */
static void expect(struct fixture *self, enum fcgi_came came)
{
    if (self->bytes.len)
        send_bytes(self);
    assert_int_equal(look(self), came);
    if (came > FCGI_CAME_PART)
        assert_null(self->partial);
}

static size_t bytes_left(const struct fixture *self)
{
    char bytes[4096];
    ssize_t len = recv(self->ours, bytes, sizeof bytes, MSG_PEEK);

    return len > 0 ? (size_t)len : 0;
}

static void an_empty_socket_is_nothing(void **state)
{
    struct fixture *self = *state;

    expect(self, FCGI_CAME_NOTHING);
    assert_null(self->partial);
}

static void a_closed_one_is_the_end(void **state)
{
    struct fixture *self = *state;

    close(self->theirs);
    self->theirs = -1;
    expect(self, FCGI_CAME_END);
}

static void a_request_at_once_is_one(void **state)
{
    struct fixture *self = *state;

    add_request_of(&self->bytes, 7, 0, "POST", "a body", "6");
    expect(self, FCGI_CAME_REQUEST);
    assert_int_equal(self->arrival.request_id, 7);
    assert_false(self->arrival.keep_conn);
    assert_int_equal(self->arrival.request.fault, REQUEST_WHOLE);
    assert_string_equal(self->arrival.request.body, "a body");
    assert_string_equal(request_param(&self->arrival.request, "REQUEST_METHOD"), "POST");
    fcgi_input_release(self->input);
    assert_true(self->ours >= 0);
}

static void a_request_in_parts_is_part_and_then_one(void **state)
{
    struct fixture *self = *state;
    struct buf request;

    buf_init(&request);
    add_request_of(&request, 7, FCGI_KEEP_CONN, "POST", "a body", NULL);
    for (size_t i = 0; i + 1 < request.len; i++) {
        buf_add(&self->bytes, request.data + i, 1);
        expect(self, FCGI_CAME_PART);
        assert_int_equal(bytes_left(self), 0);
    }
    assert_true(fcgi_input_partials(self->input)->stored_bytes > 0);
    buf_add(&self->bytes, request.data + request.len - 1, 1);
    expect(self, FCGI_CAME_REQUEST);
    assert_true(self->arrival.keep_conn);
    assert_string_equal(self->arrival.request.body, "a body");
    fcgi_input_release(self->input);
    assert_int_equal(fcgi_input_partials(self->input)->stored_bytes, 0);
    buf_fini(&request);
}

static void the_next_request_is_kept_for_its_turn(void **state)
{
    struct fixture *self = *state;

    for (int id = 1; id <= 3; id++)
        add_request(&self->bytes, id, FCGI_KEEP_CONN);
    for (int id = 1; id <= 3; id++) {
        expect(self, FCGI_CAME_REQUEST);
        assert_int_equal(self->arrival.request_id, id);
        assert_true(self->arrival.keep_conn);
        fcgi_input_release(self->input);
        assert_int_equal(bytes_left(self), 0);
        assert_int_equal(!self->ahead, id == 3);
    }
    expect(self, FCGI_CAME_NOTHING);
}

static void half_a_request_behind_another_is_completed(void **state)
{
    struct fixture *self = *state;
    struct buf next;

    buf_init(&next);
    add_request_of(&next, 2, FCGI_KEEP_CONN, "POST", "a body", "6");
    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    buf_add(&self->bytes, next.data, 50);
    expect(self, FCGI_CAME_REQUEST);
    fcgi_input_release(self->input);
    buf_add(&self->bytes, next.data + 50, next.len - 50);
    expect(self, FCGI_CAME_PART);
    assert_null(self->ahead);
    expect(self, FCGI_CAME_REQUEST);
    assert_string_equal(self->arrival.request.body, "a body");
    fcgi_input_release(self->input);
    buf_fini(&next);
}

static void what_is_sent_before_its_turn_is_bounded(void **state)
{
    struct fixture *self = *state;
    struct fcgi_ahead *others[LIMIT_AHEADS_BYTES / 32768] = {0};
    char stray[32768] = {0};
    size_t kept = 0;

    do {
        add_request(&self->bytes, 1, FCGI_KEEP_CONN);
        buf_add(&self->bytes, stray, sizeof stray);
        expect(self, FCGI_CAME_REQUEST);
        fcgi_input_release(self->input);
        assert_int_equal(bytes_left(self), 0);
        others[kept] = self->ahead;
        self->ahead = NULL;
    } while (others[kept] && ++kept < sizeof others / sizeof *others);
    assert_true(kept == sizeof others / sizeof *others);
    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    buf_add(&self->bytes, stray, 1);
    expect(self, FCGI_CAME_REQUEST);
    assert_null(self->ahead);
    assert_false(self->arrival.keep_conn);
    fcgi_input_release(self->input);
    while (kept)
        fcgi_ahead_free(others[--kept]);
}

static void a_wrong_length_is_said(void **state)
{
    struct fixture *self = *state;

    add_request_of(&self->bytes, 1, 0, "POST", "a body", "7");
    expect(self, FCGI_CAME_REQUEST);
    assert_int_equal(self->arrival.request.fault, REQUEST_LENGTH_WRONG);
    assert_int_equal(self->arrival.request.body_len, 0);
    fcgi_input_release(self->input);
}

static void a_question_is_answered_and_is_no_request(void **state)
{
    struct fixture *self = *state;
    char answer[100];

    add_record(&self->bytes, FCGI_GET_VALUES, 0, NULL, 0, 0);
    expect(self, FCGI_CAME_ASIDE);
    assert_int_equal(recv(self->theirs, answer, sizeof answer, 0), FCGI_HEADER_LEN);
    assert_int_equal(answer[1], FCGI_GET_VALUES_RESULT);
    add_request(&self->bytes, 1, 0);
    expect(self, FCGI_CAME_REQUEST);
    fcgi_input_release(self->input);
}

static void who_does_not_take_answers_is_gone(void **state)
{
    struct fixture *self = *state;

    add_record(&self->bytes, FCGI_GET_VALUES, 0, NULL, 0, 0);
    send_bytes(self);
    close(self->theirs);
    self->theirs = -1;
    expect(self, FCGI_CAME_END);
}

static void another_role_is_told_apart(void **state)
{
    struct fixture *self = *state;

    add_begin(&self->bytes, 3, FCGI_AUTHORIZER, FCGI_KEEP_CONN);
    add_record(&self->bytes, FCGI_PARAMS, 3, NULL, 0, 0);
    expect(self, FCGI_CAME_OTHER_ROLE);
    assert_int_equal(self->arrival.request_id, 3);
    assert_true(self->arrival.keep_conn);
}

static void an_abort_before_the_end_is_told_apart(void **state)
{
    struct fixture *self = *state;

    add_begin(&self->bytes, 3, FCGI_RESPONDER, FCGI_KEEP_CONN);
    add_record(&self->bytes, FCGI_ABORT_REQUEST, 3, NULL, 0, 0);
    expect(self, FCGI_CAME_ABORT);
    assert_int_equal(self->arrival.request_id, 3);
}

static void an_abort_right_behind_a_request_aborts_it(void **state)
{
    struct fixture *self = *state;

    for (int id = 3; id <= 5; id += 2) {
        add_request(&self->bytes, id, FCGI_KEEP_CONN);
        add_record(&self->bytes, FCGI_ABORT_REQUEST, id, NULL, 0, 7);
    }
    expect(self, FCGI_CAME_ABORT);
    assert_int_equal(self->arrival.request_id, 3);
    expect(self, FCGI_CAME_ABORT);
    assert_int_equal(self->arrival.request_id, 5);
    assert_null(self->ahead);
}

static void the_same_if_the_request_came_in_parts(void **state)
{
    struct fixture *self = *state;
    struct buf bytes;

    buf_init(&bytes);
    add_request(&bytes, 3, FCGI_KEEP_CONN);
    add_record(&bytes, FCGI_ABORT_REQUEST, 3, NULL, 0, 0);
    buf_add(&self->bytes, bytes.data, 20);
    expect(self, FCGI_CAME_PART);
    buf_add(&self->bytes, bytes.data + 20, bytes.len - 20);
    expect(self, FCGI_CAME_ABORT);
    assert_null(self->ahead);
    buf_fini(&bytes);
}

static void what_is_no_fastcgi_is_malformed(void **state)
{
    struct fixture *self = *state;

    buf_add_text(&self->bytes, "GET / HTTP/1.1\r\n\r\n");
    expect(self, FCGI_CAME_MALFORMED);
}

static void too_many_params_are_too_large(void **state)
{
    struct fixture *self = *state;
    char value[4096] = {0};
    enum fcgi_came came = FCGI_CAME_PART;
    struct buf pair;

    buf_init(&pair);
    memset(value, 'x', sizeof value - 1);
    add_pair(&pair, "X", value);
    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    for (size_t sent = 0; sent <= LIMIT_PARAMS_BYTES; sent += pair.len) {
        add_record(&self->bytes, FCGI_PARAMS, 1, pair.data, pair.len, 0);
        send_bytes(self);
        came = look(self);
    }
    assert_int_equal(came, FCGI_CAME_TOO_LARGE);
    assert_null(self->partial);
    buf_fini(&pair);
}

/* ---- while an answer is owed ---- */

static void silence_is_heard_as_nothing(void **state)
{
    struct fixture *self = *state;

    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_NOTHING);
}

static void an_abort_is_heard_and_taken(void **state)
{
    struct fixture *self = *state;

    add_record(&self->bytes, FCGI_ABORT_REQUEST, 1, NULL, 0, 9);
    send_bytes(self);
    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_ABORT);
    assert_int_equal(bytes_left(self), 0);
}

static void half_an_abort_may_become_one(void **state)
{
    struct fixture *self = *state;

    add_record(&self->bytes, FCGI_ABORT_REQUEST, 1, NULL, 0, 0);
    self->bytes.len = 5;
    send_bytes(self);
    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_PART);
    assert_int_equal(bytes_left(self), 5);
}

/* A request, and the first LEN bytes of its abort, are read; the rest of the abort, with PADDING, is sent. */
static void part_abort(struct fixture *self, size_t len, int padding)
{
    struct buf abort;

    buf_init(&abort);
    add_record(&abort, FCGI_ABORT_REQUEST, 1, NULL, 0, padding);
    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    buf_add(&self->bytes, abort.data, len);
    expect(self, FCGI_CAME_REQUEST);
    fcgi_input_release(self->input);
    assert_int_equal(self->ahead->len, len);
    buf_add(&self->bytes, abort.data + len, abort.len - len);
    buf_fini(&abort);
}

static void an_abort_that_was_partly_read_ahead_is_heard_and_taken(void **state)
{
    struct fixture *self = *state;

    for (size_t len = 1; len < FCGI_HEADER_LEN + 9; len++) {
        part_abort(self, len, 9);
        if (len < FCGI_HEADER_LEN)
            assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_PART);
        send_bytes(self);
        assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_ABORT);
        assert_int_equal(bytes_left(self), 0);
        assert_null(self->ahead);
    }
}

static void a_request_read_ahead_is_something_else(void **state)
{
    struct fixture *self = *state;

    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    add_request(&self->bytes, 2, FCGI_KEEP_CONN);
    expect(self, FCGI_CAME_REQUEST);
    fcgi_input_release(self->input);
    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_OTHER);
    expect(self, FCGI_CAME_REQUEST);
    fcgi_input_release(self->input);
}

static void the_next_request_is_something_else(void **state)
{
    struct fixture *self = *state;

    add_request(&self->bytes, 2, 0);
    send_bytes(self);
    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_OTHER);
}

static void another_requests_abort_is_something_else(void **state)
{
    struct fixture *self = *state;

    add_record(&self->bytes, FCGI_ABORT_REQUEST, 2, NULL, 0, 0);
    send_bytes(self);
    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_OTHER);
}

static void a_peer_that_has_gone_is_heard(void **state)
{
    struct fixture *self = *state;

    close(self->theirs);
    self->theirs = -1;
    assert_int_equal(fcgi_input_listen(self->input, self->ours, &self->ahead, 1), FCGI_HEARD_END);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_socket_is_nothing),
        TEST(a_closed_one_is_the_end),
        TEST(a_request_at_once_is_one),
        TEST(a_request_in_parts_is_part_and_then_one),
        TEST(the_next_request_is_kept_for_its_turn),
        TEST(half_a_request_behind_another_is_completed),
        TEST(what_is_sent_before_its_turn_is_bounded),
        TEST(a_wrong_length_is_said),
        TEST(a_question_is_answered_and_is_no_request),
        TEST(who_does_not_take_answers_is_gone),
        TEST(another_role_is_told_apart),
        TEST(an_abort_before_the_end_is_told_apart),
        TEST(an_abort_right_behind_a_request_aborts_it),
        TEST(the_same_if_the_request_came_in_parts),
        TEST(what_is_no_fastcgi_is_malformed),
        TEST(too_many_params_are_too_large),
        TEST(silence_is_heard_as_nothing),
        TEST(an_abort_is_heard_and_taken),
        TEST(half_an_abort_may_become_one),
        TEST(an_abort_that_was_partly_read_ahead_is_heard_and_taken),
        TEST(a_request_read_ahead_is_something_else),
        TEST(the_next_request_is_something_else),
        TEST(another_requests_abort_is_something_else),
        TEST(a_peer_that_has_gone_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
