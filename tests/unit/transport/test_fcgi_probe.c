/* SPDX-License-Identifier: ISC */
/* transport/: answers that begin before their end is known, and the spaces that keep a web server looking. */
#include "fixture.h"

static const char begun_head[] = "Status: 200 OK\r\nX-Early: yes\r\n\r\n";

/* As if the time had come; a tick has passed, so that what waits is parked. */
static void probe(struct fixture *self)
{
    until(self, TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_WAITING]));
    event_active(self->fcgi->probing, EV_TIMEOUT, 0);
    event_base_loop(self->base, EVLOOP_NONBLOCK);
}

/* A client whose request is parked and whose answer has begun. */
static struct conn *begin(struct client *client, struct fixture *self)
{
    client_park(client, self, FCGI_KEEP_CONN);
    struct conn *conn = self->conns[self->requests - 1];
    assert_true(conn_begin(conn, begun_head, strlen(begun_head)));
    return conn;
}

static void an_answer_that_has_begun_ends_without_a_second_head(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    assert_true(conn_begun(conn));
    assert_true(client_got(&client, FCGI_HEADER_LEN + strlen(begun_head)));
    fixture_answer(self, conn);
    client_expect(&client, self, 1, "Status: 200 OK\r\nX-Early: yes\r\n\r\nok", FCGI_REQUEST_COMPLETE);
    /* And the next one on this connection has its own. */
    self->parks = false;
    client_get(&client, self, 2, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 2);
    client_close(&client);
}

static void a_probe_is_a_space_in_an_answer_that_has_begun(void **state)
{
    struct fixture *self = *state;
    struct client begun, silent;
    struct conn *conn = begin(&begun, self);

    client_park(&silent, self, 0);
    fcgi_probe(self->fcgi, 1000);
    probe(self);
    probe(self);
    fixture_answer(self, conn);
    fixture_answer(self, self->conns[1]);
    client_expect_ok(&silent, self, 1);
    until(self, client_has_answer(&begun));
    struct answer answer;
    answer_parse(&answer, &begun.in);
    size_t head_len = strlen(begun_head);
    assert_memory_equal(answer.out.data, begun_head, head_len);
    assert_int_equal(answer.out.data[head_len], ' ');
    assert_string_equal(answer.out.data + answer.out.len - 2, "ok");
    buf_fini(&answer.out);
    client_close(&begun);
    client_close(&silent);
}

static void a_probe_finds_those_who_have_gone(void **state)
{
    struct fixture *self = *state;
    struct client client;

    begin(&client, self);
    fcgi_probe(self->fcgi, 1000);
    probe(self);
    client_close(&client);
    until(self, self->gone == 1);
    probe(self);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 0);
}

static void nothing_begins_once_the_client_has_gone(void **state)
{
    struct fixture *self = *state;
    struct client client;

    self->unowned = true;
    client_park(&client, self, 0);
    client_close(&client);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_false(conn_begin(self->conns[0], begun_head, strlen(begun_head)));
    assert_false(conn_begun(self->conns[0]));
    fixture_answer(self, self->conns[0]);
}

static void a_head_that_is_too_long_does_not_begin(void **state)
{
    struct fixture *self = *state;
    char head[5000];
    struct client client;

    memset(head, 'x', sizeof head);
    client_park(&client, self, 0);
    assert_false(conn_begin(self->conns[0], head, sizeof head));
    fixture_answer(self, self->conns[0]);
    client_expect_ok(&client, self, 1);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_that_has_begun_ends_without_a_second_head),
        TEST(a_probe_is_a_space_in_an_answer_that_has_begun),
        TEST(a_probe_finds_those_who_have_gone),
        TEST(nothing_begins_once_the_client_has_gone),
        TEST(a_head_that_is_too_long_does_not_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
