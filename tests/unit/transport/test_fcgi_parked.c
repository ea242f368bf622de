/* SPDX-License-Identifier: ISC */
/* transport/: requests that wait for their answer, clients that go away meanwhile, and draining. */
#include "fixture.h"

static void a_parked_request_is_answered_later(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, 0);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 1);
    fixture_answer(self, self->conns[0]);
    client_expect_ok(&client, self, 1);
    until(self, client_is_closed(&client));
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 0);
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
    client_close(&client);
}

static void an_answer_is_for_the_request_that_was_parked(void **state)
{
    struct fixture *self = *state;
    struct client clients[3];

    for (int i = 0; i < 3; i++)
        client_park(&clients[i], self, i == 1 ? FCGI_KEEP_CONN : 0);
    fixture_answer(self, self->conns[1]);
    client_expect_ok(&clients[1], self, 1);
    assert_false(client_has_answer(&clients[0]));
    assert_false(client_has_answer(&clients[2]));
    for (int i = 0; i < 3; i++)
        client_close(&clients[i]);
}

static void one_body_is_shared_by_all_who_get_it(void **state)
{
    struct fixture *self = *state;
    struct client clients[50];

    for (int i = 0; i < 50; i++)
        client_park(&clients[i], self, 0);
    self->answer = blob_new("shared", 6);
    for (int i = 0; i < 50; i++)
        fixture_answer(self, self->conns[i]);
    assert_int_equal(self->answer->refs, 1);
    for (int i = 0; i < 50; i++) {
        client_expect(&clients[i], self, 1, "Status: 200 OK\r\n\r\nshared", FCGI_REQUEST_COMPLETE);
        client_close(&clients[i]);
    }
}

static void an_owner_hears_that_its_client_has_gone(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, 0);
    client_close(&client);
    until(self, self->gone == 1);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 0);
    assert_int_equal(fcgi_stats(self->fcgi)->aborted, 1);
}

static void the_owner_of_a_kept_connection_hears_it_too(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_open(&client, self);
    client_get(&client, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 1);
    self->parks = true;
    client_get(&client, self, 1, FCGI_KEEP_CONN);
    until(self, self->requests == 2);
    client_close(&client);
    until(self, self->gone == 1);
}

/* Nobody is told, so the answer still comes: it must find its conn, and vanish. */
static void without_an_owner_the_answer_is_dropped(void **state)
{
    struct fixture *self = *state;
    struct client client;

    self->unowned = true;
    client_park(&client, self, 0);
    client_close(&client);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 1);
    fixture_answer(self, self->conns[0]);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 0);
}

static void an_owner_that_comes_late_is_told_then(void **state)
{
    struct fixture *self = *state;
    struct client client;

    self->unowned = true;
    client_park(&client, self, 0);
    client_close(&client);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    conn_set_owner(self->conns[0], fixture_on_gone, &self->conns[0]);
    assert_int_equal(self->gone, 0);
    until(self, self->gone == 1);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 0);
}

static void a_client_that_half_closes_has_gone(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, 0);
    shutdown(client.fd, SHUT_WR);
    until(self, self->gone == 1);
    client_close(&client);
}

/* The web server aborts request 1. */
static void client_abort(struct client *client, struct fixture *self)
{
    struct buf bytes;

    buf_init(&bytes);
    add_record(&bytes, FCGI_ABORT_REQUEST, 1, NULL, 0, 0);
    client_send(client, self, &bytes);
    buf_fini(&bytes);
}

static void an_abort_ends_the_request_and_is_answered(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, 0);
    client_abort(&client, self);
    client_expect(&client, self, 1, "", FCGI_REQUEST_COMPLETE);
    until(self, client_is_closed(&client));
    assert_int_equal(self->gone, 1);
    client_close(&client);
}

static void an_abort_may_come_byte_by_byte(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_record(&bytes, FCGI_ABORT_REQUEST, 1, NULL, 0, 0);
    client_park(&client, self, FCGI_KEEP_CONN);
    for (size_t i = 0; i < bytes.len; i++) {
        assert_int_equal(self->gone, 0);
        assert_int_equal(send(client.fd, bytes.data + i, 1, MSG_NOSIGNAL), 1);
        /* Past the tick, from which on it is watched. */
        until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_PARKED]) || self->gone == 1);
        if (i + 1 < bytes.len)
            until(self, fixture_rests(self));
    }
    client_expect(&client, self, 1, "", FCGI_REQUEST_COMPLETE);
    assert_int_equal(self->gone, 1);
    self->parks = false;
    client_get(&client, self, 2, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 2);
    client_close(&client);
    buf_fini(&bytes);
}

static void the_first_byte_of_the_next_request_is_no_abort(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct buf bytes;

    buf_init(&bytes);
    add_request(&bytes, 2, FCGI_KEEP_CONN);
    client_park(&client, self, FCGI_KEEP_CONN);
    assert_int_equal(send(client.fd, bytes.data, 1, MSG_NOSIGNAL), 1);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_PARKED]));
    until(self, fixture_rests(self));
    self->parks = false;
    fixture_answer(self, self->conns[0]);
    client_expect_ok(&client, self, 1);
    assert_int_equal(send(client.fd, bytes.data + 1, bytes.len - 1, MSG_NOSIGNAL), (int)bytes.len - 1);
    client_expect_ok(&client, self, 2);
    assert_int_equal(self->gone, 0);
    client_close(&client);
    buf_fini(&bytes);
}

static void an_abort_leaves_a_kept_connection_usable(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, FCGI_KEEP_CONN);
    client_abort(&client, self);
    client_expect(&client, self, 1, "", FCGI_REQUEST_COMPLETE);
    assert_int_equal(self->gone, 1);
    self->parks = false;
    client_get(&client, self, 2, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 2);
    client_close(&client);
}

static void an_abort_that_comes_after_the_answer_is_ignored(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_open(&client, self);
    client_get(&client, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 1);
    client_abort(&client, self);
    until(self, fixture_rests(self));
    client_get(&client, self, 2, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 2);
    client_close(&client);
}

static void the_next_request_waits_for_the_answer_and_the_loop_rests(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, FCGI_KEEP_CONN);
    client_get(&client, self, 2, 0);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_PARKED]));
    until(self, fixture_rests(self));
    assert_int_equal(self->requests, 1);
    self->parks = false;
    fixture_answer(self, self->conns[0]);
    client_expect_ok(&client, self, 1);
    client_expect_ok(&client, self, 2);
    client_close(&client);
}

static void a_client_that_goes_behind_stray_bytes_is_noticed(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_park(&client, self, 0);
    assert_int_equal(send(client.fd, "stray", 5, MSG_NOSIGNAL), 5);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_PARKED]));
    until(self, fixture_rests(self));
    assert_int_equal(self->gone, 0);
    client_close(&client);
    until(self, self->gone == 1);
}

static void answer_all(void *ctx, struct conn *conn, void *owner)
{
    struct fixture *self = ctx;

    fixture_on_gone(ctx, conn, owner);
    for (unsigned i = 0; i < self->requests; i++) {
        struct conn *other = self->conns[i];

        self->conns[i] = NULL;
        if (other)
            fixture_answer(self, other);
    }
}

/* Those who go at the same moment lie in the same batch of events. */
static void others_may_be_answered_when_one_has_gone(void **state)
{
    struct fixture *self = *state;
    struct client clients[20];

    for (int i = 0; i < 20; i++)
        client_park(&clients[i], self, 0);
    until(self, TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_WAITING]));
    for (int i = 0; i < 20; i++) {
        conn_set_owner(self->conns[i], answer_all, &self->conns[i]);
        if (i % 2)
            client_close(&clients[i]);
    }
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(self->gone, 1);
    for (int i = 0; i < 20; i += 2) {
        client_expect_ok(&clients[i], self, 1);
        client_close(&clients[i]);
    }
}

static void hundreds_of_parked_requests_are_all_answered(void **state)
{
    enum { COUNT = 400 };
    struct fixture *self = *state;
    static struct client clients[COUNT];

    for (int i = 0; i < COUNT; i++)
        client_park(&clients[i], self, 0);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, COUNT);
    until(self, TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_WAITING]));
    for (int i = 0; i < COUNT; i++)
        fixture_answer(self, self->conns[i]);
    for (int i = 0; i < COUNT; i++) {
        client_expect_ok(&clients[i], self, 1);
        client_close(&clients[i]);
    }
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
}

static void a_parked_connection_holds_little(void **state)
{
    (void)state;
    assert_true(sizeof(struct fcgi_conn) <= 96);
}

static void draining_closes_what_is_idle_and_answers_what_is_not(void **state)
{
    struct fixture *self = *state;
    struct client idle, parked;

    client_open(&idle, self);
    client_get(&idle, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&idle, self, 1);
    client_park(&parked, self, FCGI_KEEP_CONN);
    assert_false(fcgi_idle(self->fcgi));
    fcgi_drain(self->fcgi);
    until(self, client_is_closed(&idle));
    assert_false(fcgi_idle(self->fcgi));
    assert_false(client_is_closed(&parked));
    fixture_answer(self, self->conns[1]);
    client_expect_ok(&parked, self, 1);
    until(self, client_is_closed(&parked));
    assert_true(fcgi_idle(self->fcgi));
    client_close(&idle);
    client_close(&parked);
}

static void draining_serves_what_has_come_on_a_kept_connection(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_open(&client, self);
    client_get(&client, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 1);
    client_get(&client, self, 2, FCGI_KEEP_CONN);
    fcgi_drain(self->fcgi);
    client_expect_ok(&client, self, 2);
    until(self, client_is_closed(&client));
    assert_true(fcgi_idle(self->fcgi));
    client_close(&client);
}

static void draining_accepts_no_more(void **state)
{
    struct fixture *self = *state;
    struct client client;

    fcgi_drain(self->fcgi);
    client_open(&client, self);
    client_get(&client, self, 1, 0);
    until(self, !self->fcgi->hub.ticking);
    assert_int_equal(fcgi_stats(self->fcgi)->accepted, 0);
    assert_true(fcgi_idle(self->fcgi));
    client_close(&client);
}

/* No other worker has been woken for them. */
static void draining_serves_who_waits_to_be_accepted(void **state)
{
    struct fixture *self = *state;
    struct client clients[40];

    for (int i = 0; i < 40; i++) {
        client_open(&clients[i], self);
        client_get(&clients[i], self, 1, FCGI_KEEP_CONN);
    }
    fcgi_drain(self->fcgi);
    for (int i = 0; i < 40; i++) {
        client_expect_ok(&clients[i], self, 1);
        until(self, client_is_closed(&clients[i]));
        client_close(&clients[i]);
    }
    assert_true(fcgi_idle(self->fcgi));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_parked_request_is_answered_later),
        TEST(an_answer_is_for_the_request_that_was_parked),
        TEST(one_body_is_shared_by_all_who_get_it),
        TEST(an_owner_hears_that_its_client_has_gone),
        TEST(the_owner_of_a_kept_connection_hears_it_too),
        TEST(without_an_owner_the_answer_is_dropped),
        TEST(an_owner_that_comes_late_is_told_then),
        TEST(a_client_that_half_closes_has_gone),
        TEST(an_abort_ends_the_request_and_is_answered),
        TEST(an_abort_may_come_byte_by_byte),
        TEST(the_first_byte_of_the_next_request_is_no_abort),
        TEST(an_abort_leaves_a_kept_connection_usable),
        TEST(an_abort_that_comes_after_the_answer_is_ignored),
        TEST(the_next_request_waits_for_the_answer_and_the_loop_rests),
        TEST(a_client_that_goes_behind_stray_bytes_is_noticed),
        TEST(others_may_be_answered_when_one_has_gone),
        TEST(hundreds_of_parked_requests_are_all_answered),
        TEST(a_parked_connection_holds_little),
        TEST(draining_closes_what_is_idle_and_answers_what_is_not),
        TEST(draining_serves_what_has_come_on_a_kept_connection),
        TEST(draining_accepts_no_more),
        TEST(draining_serves_who_waits_to_be_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
