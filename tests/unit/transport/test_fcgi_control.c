/* SPDX-License-Identifier: ISC */
/* transport/: management records, other roles, multiplexing, and bytes that are not FastCGI at all. */
#include "fixture.h"

/* A client whose BYTES are sent; they are cleared. */
static void send_new(struct client *client, struct fixture *self, struct buf *bytes)
{
    client_open(client, self);
    client_send(client, self, bytes);
    buf_fini(bytes);
}

/* Waits for a record and checks it, from the front of what has come. */
static void expect_record(struct client *client, struct fixture *self, int type, int id, const void *content,
                          size_t len)
{
    const unsigned char header[] = {
        1,
        (unsigned char)type,
        (unsigned char)(id >> 8),
        (unsigned char)id,
        (unsigned char)(len >> 8),
        (unsigned char)len,
        0,
        0,
    };

    until(self, client_got(client, sizeof header + len));
    assert_memory_equal(client->in.data, header, sizeof header);
    assert_memory_equal(client->in.data + sizeof header, content, len);
    client->in.len -= sizeof header + len;
    memmove(client->in.data, client->in.data + sizeof header + len, client->in.len);
}

static void assert_refused(struct fixture *self, struct buf *bytes)
{
    struct client client;

    send_new(&client, self, bytes);
    until(self, client_is_closed(&client));
    assert_int_equal(client.in.len, 0);
    assert_int_equal(self->requests, 0);
    assert_int_equal(fcgi_stats(self->fcgi)->malformed, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
    client_close(&client);
}

static void get_values_tells_that_nothing_is_multiplexed(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes, pairs;

    buf_init(&bytes);
    buf_init(&pairs);
    add_pair(&pairs, FCGI_MPXS_CONNS, "");
    add_pair(&pairs, "SOMETHING_ELSE", "");
    add_record(&bytes, FCGI_GET_VALUES, 0, pairs.data, pairs.len, 3);
    send_new(&client, self, &bytes);
    expect_record(&client, self, FCGI_GET_VALUES_RESULT, 0, "\x0f\x01" FCGI_MPXS_CONNS "0", 18);
    client_get(&client, self, 1, 0);
    client_expect_ok(&client, self, 1);
    client_close(&client);
    buf_fini(&pairs);
}

static void get_values_tells_how_many_connections_can_be(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes, pairs;

    buf_init(&bytes);
    buf_init(&pairs);
    add_pair(&pairs, FCGI_MAX_CONNS, "");
    add_pair(&pairs, FCGI_MAX_REQS, "");
    add_pair(&pairs, FCGI_MAX_CONNS, "");
    add_record(&bytes, FCGI_GET_VALUES, 0, pairs.data, pairs.len, 0);
    send_new(&client, self, &bytes);
    until(self, client_got(&client, 8));
    buf_add_char(&client.in, '\0');
    assert_int_equal(client.in.data[1], FCGI_GET_VALUES_RESULT);
    assert_memory_equal(client.in.data + 10, FCGI_MAX_CONNS, strlen(FCGI_MAX_CONNS));
    assert_true(atoi(client.in.data + 10 + strlen(FCGI_MAX_CONNS)) > 0);
    client_close(&client);
    buf_fini(&pairs);
}

static void get_values_of_nonsense_are_none(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_record(&bytes, FCGI_GET_VALUES, 0, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 0);
    send_new(&client, self, &bytes);
    expect_record(&client, self, FCGI_GET_VALUES_RESULT, 0, "", 0);
    client_close(&client);
}

static void other_management_records_are_unknown(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_record(&bytes, 77, 0, "what", 4, 4);
    send_new(&client, self, &bytes);
    expect_record(&client, self, FCGI_UNKNOWN_TYPE, 0, "\x4d\0\0\0\0\0\0", 8);
    client_close(&client);
}

static void management_within_a_request_does_not_disturb_it(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    add_record(&bytes, 77, 0, NULL, 0, 0);
    add_record(&bytes, FCGI_PARAMS, 1, "\1\1NV", 4, 4);
    add_record(&bytes, 77, 0, NULL, 0, 0);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 1, "bo", 2, 0);
    add_record(&bytes, 77, 0, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 1, "dy", 2, 0);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    send_new(&client, self, &bytes);
    for (int i = 0; i < 3; i++)
        expect_record(&client, self, FCGI_UNKNOWN_TYPE, 0, "\x4d\0\0\0\0\0\0", 8);
    client_expect_ok(&client, self, 1);
    assert_string_equal(self->body, "body");
    client_close(&client);
}

static void an_idle_kept_connection_stays_idle_after_a_management_record(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_record(&bytes, 77, 0, NULL, 0, 0);
    client_open(&client, self);
    client_get(&client, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 1);
    client_send(&client, self, &bytes);
    expect_record(&client, self, FCGI_UNKNOWN_TYPE, 0, "\x4d\0\0\0\0\0\0", 8);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_IDLE]));
    client_close(&client);
    buf_fini(&bytes);
}

static void a_request_in_the_midst_of_another_cannot_be_multiplexed(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
    add_request(&bytes, 2, FCGI_KEEP_CONN);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    send_new(&client, self, &bytes);
    client_expect(&client, self, 2, "", FCGI_CANT_MPX_CONN);
    client_expect_ok(&client, self, 1);
    assert_int_equal(self->requests, 1);
    client_close(&client);
}

static void other_roles_are_unknown(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_AUTHORIZER, FCGI_KEEP_CONN);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_begin(&bytes, 2, FCGI_FILTER, FCGI_KEEP_CONN);
    add_record(&bytes, FCGI_PARAMS, 2, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 2, NULL, 0, 0);
    add_record(&bytes, FCGI_DATA, 2, NULL, 0, 0);
    add_request(&bytes, 3, FCGI_KEEP_CONN);
    add_begin(&bytes, 4, 999, 0);
    add_record(&bytes, FCGI_PARAMS, 4, NULL, 0, 0);
    send_new(&client, self, &bytes);
    client_expect(&client, self, 1, "", FCGI_UNKNOWN_ROLE);
    client_expect(&client, self, 2, "", FCGI_UNKNOWN_ROLE);
    client_expect_ok(&client, self, 3);
    client_expect(&client, self, 4, "", FCGI_UNKNOWN_ROLE);
    until(self, client_is_closed(&client));
    assert_int_equal(self->requests, 1);
    client_close(&client);
}

static void an_abort_before_the_request_is_whole_is_answered(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
    add_record(&bytes, FCGI_ABORT_REQUEST, 1, NULL, 0, 0);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_request(&bytes, 2, 0);
    send_new(&client, self, &bytes);
    client_expect(&client, self, 1, "", FCGI_REQUEST_COMPLETE);
    client_expect_ok(&client, self, 2);
    assert_int_equal(self->requests, 1);
    client_close(&client);
}

static void what_is_no_fastcgi_costs_the_connection_alone(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    buf_add_text(&bytes, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_refused(self, &bytes);
    client_open(&client, self);
    client_get(&client, self, 1, 0);
    client_expect_ok(&client, self, 1);
    client_close(&client);
}

static void lengths_of_two_gigabytes_cost_the_connection_alone(void **state)
{
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    add_record(&bytes, FCGI_PARAMS, 1, "\xff\xff\xff\xff\xff\xff\xff\xffNAME", 12, 0);
    add_record(&bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&bytes, FCGI_STDIN, 1, NULL, 0, 0);
    assert_refused(*state, &bytes);
}

static void a_peer_that_reads_no_answers_is_closed(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;
    ssize_t sent = 0;

    buf_init(&bytes);
    for (int i = 0; i < 1000; i++)
        add_record(&bytes, 77, 0, NULL, 0, 0);
    client_open(&client, self);
    for (int i = 0; i < PATIENCE && (sent >= 0 || errno == EAGAIN); i++) {
        sent = send(client.fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        event_base_loop(self->base, EVLOOP_NONBLOCK);
    }
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
    client_close(&client);
    buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(get_values_tells_that_nothing_is_multiplexed),
        TEST(get_values_tells_how_many_connections_can_be),
        TEST(get_values_of_nonsense_are_none),
        TEST(other_management_records_are_unknown),
        TEST(management_within_a_request_does_not_disturb_it),
        TEST(an_idle_kept_connection_stays_idle_after_a_management_record),
        TEST(a_request_in_the_midst_of_another_cannot_be_multiplexed),
        TEST(other_roles_are_unknown),
        TEST(an_abort_before_the_request_is_whole_is_answered),
        TEST(what_is_no_fastcgi_costs_the_connection_alone),
        TEST(lengths_of_two_gigabytes_cost_the_connection_alone),
        TEST(a_peer_that_reads_no_answers_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
