/* SPDX-License-Identifier: ISC */
/* transport/fcgi.c and what is behind it: requests in, answers out. */
#include "fixture.h"

#include "base/limits.h"

#include <sys/resource.h>

/* BYTES sent at once on a new connection are answered with ok; then it closes, being not kept. */
static void assert_served(struct fixture *self, struct buf *bytes)
{
    struct client client;

    client_open(&client, self);
    client_send(&client, self, bytes);
    client_expect_ok(&client, self, 1);
    until(self, client_is_closed(&client));
    assert_int_equal(client.error, 0);
    client_close(&client);
    buf_fini(bytes);
}

static void assert_post(struct fixture *self, const char *body, const char *length, enum request_fault fault)
{
    struct buf bytes;

    buf_init(&bytes);
    add_request_of(&bytes, 1, 0, "POST", body, length);
    assert_served(self, &bytes);
    assert_int_equal(self->fault, fault);
    if (fault == REQUEST_WHOLE)
        assert_string_equal(self->body, body ? body : "");
    else
        assert_int_equal(self->body_len, 0);
}

static void a_request_is_handed_up_and_answered(void **state)
{
    struct fixture *self = *state;

    assert_post(self, NULL, NULL, REQUEST_WHOLE);
    assert_int_equal(self->requests, 1);
    assert_string_equal(self->method, "POST");
    assert_string_equal(self->role, "RESPONDER");
}

static void a_body_is_handed_up_whole(void **state)
{
    assert_post(*state, "{\"status\":\"away\"}", "17", REQUEST_WHOLE);
}

static void a_body_needs_no_length(void **state)
{
    assert_post(*state, "chunked", NULL, REQUEST_WHOLE);
    assert_post(*state, "chunked", "", REQUEST_WHOLE);
}

static void a_length_that_is_no_number_is_a_fault(void **state)
{
    assert_post(*state, "body", "-2", REQUEST_LENGTH_INVALID);
    assert_post(*state, "body", "4x", REQUEST_LENGTH_INVALID);
    assert_post(*state, "body", " 4", REQUEST_LENGTH_INVALID);
    assert_post(*state, "body", "99999999999999999999", REQUEST_LENGTH_INVALID);
}

static void a_length_other_than_the_bodys_is_a_fault(void **state)
{
    assert_post(*state, "body", "3", REQUEST_LENGTH_WRONG);
    assert_post(*state, "body", "5", REQUEST_LENGTH_WRONG);
    assert_post(*state, NULL, "999999999999999999", REQUEST_LENGTH_WRONG);
}

static void a_request_without_variables_is_handed_up(void **state)
{
    struct fixture *self = *state;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    assert_served(self, &bytes);
    assert_null(self->method);
}

static void padded_records_are_taken_to_their_last_byte(void **state)
{
    struct fixture *self = *state;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 3);
    add_record(&bytes, FCGI_STDIN, 1, "body", 4, 200);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 255);
    assert_served(self, &bytes);
    assert_string_equal(self->body, "body");
}

static void a_request_may_come_byte_by_byte(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_request_of(&bytes, 1, 0, "POST", "body", "4");
    client_open(&client, self);
    for (size_t i = 0; i < bytes.len; i++) {
        assert_int_equal(send(client.fd, bytes.data + i, 1, MSG_NOSIGNAL), 1);
        event_base_loop(self->base, EVLOOP_NONBLOCK);
        event_base_loop(self->base, EVLOOP_NONBLOCK);
    }
    client_expect_ok(&client, self, 1);
    assert_string_equal(self->body, "body");
    client_close(&client);
    buf_fini(&bytes);
}

static void half_a_request_lets_the_loop_rest(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    client_open(&client, self);
    client_send(&client, self, &bytes);
    until(self, fcgi_stats(self->fcgi)->accepted == 1);
    until(self, fixture_rests(self));
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 1);
    client_close(&client);
    buf_fini(&bytes);
}

static void sixty_kilobytes_of_params_in_several_records_are_handed_up(void **state)
{
    struct fixture *self = *state;
    static char value[60001];
    struct buf bytes, pairs;

    memset(value, 'v', sizeof value - 1);
    buf_init(&bytes);
    buf_init(&pairs);
    add_pair(&pairs, "HTTP_COOKIE", value);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    add_stream(&bytes, FCGI_PARAMS, 1, pairs.data, pairs.len, 8000);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    assert_served(self, &bytes);
    assert_true(self->params_bytes > 60000);
    buf_fini(&pairs);
}

static char *text_of(size_t len)
{
    char *text = mem_copy(NULL, 0);

    text = mem_resize(text, len + 1, 1);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 23);
    text[len] = '\0';
    return text;
}

static void a_body_up_to_the_limit_is_handed_up(void **state)
{
    char *text = text_of(LIMIT_BODY_BYTES);

    assert_post(*state, text, "1048576", REQUEST_WHOLE);
    free(text);
}

static void a_body_over_the_limit_is_drained_and_refused(void **state)
{
    char *text = text_of(3 * LIMIT_BODY_BYTES);

    assert_post(*state, text, "3145728", REQUEST_TOO_LARGE);
    assert_post(*state, text, NULL, REQUEST_TOO_LARGE);
    free(text);
}

/* A body of LEN bytes, each in a record of its own with as much padding as there can be. */
static void add_padded_body(struct buf *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        add_record(bytes, FCGI_STDIN, 1, &"abcdefgh"[i % 8], 1, 255);
    add_record(bytes, FCGI_STDIN, 1, NULL, 0, 255);
}

static void add_head(struct buf *bytes)
{
    struct buf pairs;

    buf_init(&pairs);
    add_pair(&pairs, "REQUEST_METHOD", "POST");
    add_begin(bytes, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
    add_stream(bytes, FCGI_PARAMS, 1, pairs.data, pairs.len, RECORD_MAX);
    buf_fini(&pairs);
}

static void padding_and_headers_are_not_kept(void **state)
{
    enum { BODY = 20000 };
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_head(&bytes);
    add_padded_body(&bytes, BODY);
    client_open(&client, self);
    client_send(&client, self, &bytes);
    client_expect_ok(&client, self, 1);
    assert_int_equal(self->fault, REQUEST_WHOLE);
    assert_int_equal(self->body_len, BODY);
    for (size_t i = 0; i < BODY; i++)
        assert_int_equal(self->body[i], "abcdefgh"[i % 8]);
    /* Of 5 MB that came; a look takes 64 KB. */
    assert_true(fcgi_input_partials(self->fcgi->hub.input)->stored_most < 2 * BODY + 131072 + 2 * FCGI_SCRATCH_BYTES);
    assert_int_equal(fcgi_input_partials(self->fcgi->hub.input)->stored_bytes, 0);
    client_get(&client, self, 2, 0);
    client_expect_ok(&client, self, 2);
    client_close(&client);
    buf_fini(&bytes);
}

/* All but the end of a request with a body of LEN bytes. */
static void client_half(struct client *client, struct fixture *self, size_t len)
{
    char *text = text_of(len);
    struct buf bytes;

    buf_init(&bytes);
    add_head(&bytes);
    add_stream(&bytes, FCGI_STDIN, 1, text, len, RECORD_MAX);
    bytes.len -= FCGI_HEADER_LEN;
    client_open(client, self);
    client_send(client, self, &bytes);
    until(self, fixture_rests(self));
    buf_fini(&bytes);
    free(text);
}

static void client_end(struct client *client, struct fixture *self, enum request_fault fault)
{
    struct buf bytes;

    buf_init(&bytes);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    client_send(client, self, &bytes);
    client_expect_ok(client, self, 1);
    assert_int_equal(self->fault, fault);
    buf_fini(&bytes);
}

static void of_too_much_at_once_the_oldest_bodies_go(void **state)
{
    enum { SIZE = 900000, CLIENTS = LIMIT_INPUTS_BYTES / SIZE * 2 };
    struct fixture *self = *state;
    struct client clients[CLIENTS];
    struct client small;

    client_half(&small, self, 100);
    for (int i = 0; i < CLIENTS; i++) {
        client_half(&clients[i], self, SIZE);
        assert_true(fcgi_input_partials(self->fcgi->hub.input)->stored_bytes <= LIMIT_INPUTS_BYTES);
    }
    assert_int_equal(self->requests, 0);
    client_end(&small, self, REQUEST_WHOLE);
    assert_int_equal(self->body_len, 100);
    client_end(&clients[0], self, REQUEST_CROWDED_OUT);
    assert_int_equal(self->body_len, 0);
    client_end(&clients[CLIENTS - 1], self, REQUEST_WHOLE);
    assert_int_equal(self->body_len, SIZE);
    /* And its connection goes on. */
    client_get(&clients[0], self, 2, FCGI_KEEP_CONN);
    client_expect_ok(&clients[0], self, 2);
    assert_int_equal(self->fault, REQUEST_WHOLE);
    client_close(&small);
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(fcgi_input_partials(self->fcgi->hub.input)->stored_bytes, 0);
}

static void a_refused_body_leaves_the_connection_usable(void **state)
{
    struct fixture *self = *state;
    char *text = text_of(LIMIT_BODY_BYTES + 1);
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_request_of(&bytes, 1, FCGI_KEEP_CONN, "POST", text, NULL);
    client_open(&client, self);
    client_send(&client, self, &bytes);
    client_expect_ok(&client, self, 1);
    assert_int_equal(self->fault, REQUEST_TOO_LARGE);
    client_get(&client, self, 2, 0);
    client_expect_ok(&client, self, 2);
    assert_int_equal(self->fault, REQUEST_WHOLE);
    client_close(&client);
    buf_fini(&bytes);
    free(text);
}

static void kept_connections_serve_one_request_after_the_other(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_open(&client, self);
    for (int id = 1; id <= 5; id++) {
        client_get(&client, self, id, FCGI_KEEP_CONN);
        client_expect_ok(&client, self, id);
    }
    assert_int_equal(fcgi_stats(self->fcgi)->accepted, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 1);
    assert_false(client_is_closed(&client));
    client_close(&client);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(fcgi_stats(self->fcgi)->aborted, 0);
}

static void pipelined_requests_are_served_in_turn(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    for (int id = 1; id <= 4; id++)
        add_request_of(&bytes, id, id < 4 ? FCGI_KEEP_CONN : 0, "POST", "body", "4");
    client_open(&client, self);
    client_send(&client, self, &bytes);
    for (int id = 1; id <= 4; id++)
        client_expect_ok(&client, self, id);
    until(self, client_is_closed(&client));
    assert_int_equal(self->requests, 4);
    client_close(&client);
    buf_fini(&bytes);
}

static void who_sends_many_requests_at_once_leaves_the_loop_to_others(void **state)
{
    struct fixture *self = *state;
    struct client many, one;
    struct buf bytes;

    buf_init(&bytes);
    for (int id = 1; id <= 400; id++)
        add_request(&bytes, id, FCGI_KEEP_CONN);
    client_open(&many, self);
    client_send(&many, self, &bytes);
    until(self, self->requests > 0);
    client_open(&one, self);
    client_get(&one, self, 1, 0);
    client_expect_ok(&one, self, 1);
    assert_true(self->requests < 100);
    for (int id = 1; id <= 400; id++)
        client_expect_ok(&many, self, id);
    client_close(&many);
    client_close(&one);
    buf_fini(&bytes);
}

static void a_long_answer_comes_in_several_records(void **state)
{
    struct fixture *self = *state;
    const size_t sizes[] = {65510, 65528, 65529, 131056, 3000000};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = text_of(sizes[i]);
        struct client client;
        struct buf whole;

        buf_init(&whole);
        buf_add_text(&whole, answer_head);
        buf_add(&whole, text, sizes[i]);
        blob_unref(self->answer);
        self->answer = blob_new(text, sizes[i]);
        client_open(&client, self);
        client_get(&client, self, 1, FCGI_KEEP_CONN);
        client_expect(&client, self, 1, whole.data, FCGI_REQUEST_COMPLETE);
        client_get(&client, self, 2, 0);
        client_expect(&client, self, 2, whole.data, FCGI_REQUEST_COMPLETE);
        client_close(&client);
        buf_fini(&whole);
        free(text);
    }
    assert_int_equal(self->answer->refs, 1);
}

static void an_answer_nobody_reads_waits_without_the_loop_turning(void **state)
{
    struct fixture *self = *state;
    char *text = text_of(3000000);
    struct client client;

    self->answer = blob_new(text, 3000000);
    client_open(&client, self);
    client_get(&client, self, 1, 0);
    until(self, self->answer->refs == 2);
    assert_true(fixture_rests(self));
    client_close(&client);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(self->answer->refs, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->aborted, 1);
    free(text);
}

/* FD_SETSIZE is 1024: code that uses select() dies here. */
static void descriptors_past_1024_are_served(void **state)
{
    struct fixture *self = *state;
    struct rlimit limit;
    int fillers[1100];
    struct buf bytes;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 1300)
        skip();
    limit.rlim_cur = limit.rlim_cur < 1300 ? 1300 : limit.rlim_cur;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < 1100; i++)
        fillers[i] = dup(self->listen_fd);
    buf_init(&bytes);
    add_request_of(&bytes, 1, 0, "POST", "body", "4");
    assert_served(self, &bytes);
    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&bytes, FCGI_GET_VALUES, 0, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    assert_served(self, &bytes);
    for (size_t i = 0; i < 1100; i++)
        close(fillers[i]);
}

static void everything_can_be_freed_with_requests_in_every_state(void **state)
{
    struct fixture *self = *state;
    struct client idle, parked, half, fresh;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    client_open(&idle, self);
    client_get(&idle, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&idle, self, 1);
    client_park(&parked, self, 0);
    client_open(&half, self);
    client_send(&half, self, &bytes);
    client_open(&fresh, self);
    until(self, fcgi_stats(self->fcgi)->connections == 4);
    fcgi_free(self->fcgi);
    self->fcgi = NULL;
    assert_true(client_is_closed(&parked));
    assert_int_equal(self->gone, 0);
    client_close(&idle);
    client_close(&parked);
    client_close(&half);
    client_close(&fresh);
    buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_handed_up_and_answered),
        TEST(a_body_is_handed_up_whole),
        TEST(a_body_needs_no_length),
        TEST(a_length_that_is_no_number_is_a_fault),
        TEST(a_length_other_than_the_bodys_is_a_fault),
        TEST(a_request_without_variables_is_handed_up),
        TEST(padded_records_are_taken_to_their_last_byte),
        TEST(a_request_may_come_byte_by_byte),
        TEST(half_a_request_lets_the_loop_rest),
        TEST(sixty_kilobytes_of_params_in_several_records_are_handed_up),
        TEST(a_body_up_to_the_limit_is_handed_up),
        TEST(a_body_over_the_limit_is_drained_and_refused),
        TEST(padding_and_headers_are_not_kept),
        TEST(of_too_much_at_once_the_oldest_bodies_go),
        TEST(a_refused_body_leaves_the_connection_usable),
        TEST(kept_connections_serve_one_request_after_the_other),
        TEST(pipelined_requests_are_served_in_turn),
        TEST(who_sends_many_requests_at_once_leaves_the_loop_to_others),
        TEST(a_long_answer_comes_in_several_records),
        TEST(an_answer_nobody_reads_waits_without_the_loop_turning),
        TEST(descriptors_past_1024_are_served),
        TEST(everything_can_be_freed_with_requests_in_every_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
