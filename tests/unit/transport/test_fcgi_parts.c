/* SPDX-License-Identifier: ISC */
/* transport/: answers in parts, as streams are: in order, never blocking, and gone with their client. */
#include "fixture.h"

#include "base/clock.h"
#include "base/limits.h"

static int64_t clock_ms = 1000000;
static unsigned sent;

/* Instead of base/clock.c's. */
int64_t clock_mono_ms(void)
{
    return clock_ms;
}

static const char begun_head[] = "Status: 200 OK\r\n\r\n";

static void on_sent(void *ctx, struct conn *conn, void *owner)
{
    const struct conn *const *place = owner;

    (void)ctx;
    assert_ptr_equal(*place, conn);
    sent++;
}

/* A client whose answer has begun. */
static struct conn *begin(struct client *client, struct fixture *self)
{
    sent = 0;
    self->fcgi->hub.handler.on_sent = on_sent;
    client_park(client, self, FCGI_KEEP_CONN);
    struct conn *conn = self->conns[self->requests - 1];
    assert_true(conn_begin(conn, begun_head, strlen(begun_head)));
    return conn;
}

static bool send_text(struct conn *conn, const char *text)
{
    struct blob *part = blob_new(text, strlen(text));
    bool taken = conn_send(conn, part);

    blob_unref(part);
    return taken;
}

/* Sends parts of 64 KiB until one is not taken whole; returns how many bytes all of them have. */
static size_t fill(struct conn *conn)
{
    static char bytes[65536];
    size_t total = 0;
    bool taken;

    memset(bytes, 'x', sizeof bytes);
    do {
        struct blob *part = blob_new(bytes, sizeof bytes);
        taken = conn_send(conn, part);
        blob_unref(part);
        total += sizeof bytes;
    } while (taken && total < 100 * sizeof bytes);
    assert_false(taken);
    return total;
}

static void end(struct conn *conn)
{
    struct blob *last = blob_new("end", 3);

    conn_reply(conn, NULL, 0, last);
    blob_unref(last);
}

/* SECONDS go by, and the server looks at the time. */
static void pass(struct fixture *self, int seconds)
{
    clock_ms += seconds * 1000;
    event_active(self->fcgi->tick, EV_TIMEOUT, 0);
    event_base_loop(self->base, EVLOOP_NONBLOCK);
}

static bool is_stalled(const struct fixture *self)
{
    return !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_STALLED]);
}

static void parts_come_in_order_and_the_connection_is_kept(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    assert_true(conn_takes_parts(conn));
    assert_true(send_text(conn, "one "));
    assert_true(client_got(&client, FCGI_HEADER_LEN + strlen(begun_head) + FCGI_HEADER_LEN + 4));
    assert_true(send_text(conn, "two "));
    end(conn);
    client_expect(&client, self, 1, "Status: 200 OK\r\n\r\none two end", FCGI_REQUEST_COMPLETE);
    assert_int_equal(sent, 0);
    self->parks = false;
    client_get(&client, self, 2, FCGI_KEEP_CONN);
    client_expect_ok(&client, self, 2);
    client_close(&client);
}

static void what_a_slow_reader_does_not_take_comes_later_whole(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);
    size_t total = fill(conn);
    struct answer answer;

    for (int tries = 0; sent == 0 && tries < PATIENCE; tries++) {
        client_look(&client);
        event_base_loop(self->base, EVLOOP_ONCE);
    }
    assert_int_equal(sent, 1);
    assert_false(is_stalled(self));
    end(conn);
    until(self, client_has_answer(&client));
    answer_parse(&answer, &client.in);
    assert_int_equal(answer.out.len, strlen(begun_head) + total + 3);
    assert_string_equal(answer.out.data + answer.out.len - 4, "xend");
    buf_fini(&answer.out);
    client_close(&client);
}

static void who_takes_nothing_is_given_up_and_its_owner_told(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    fill(conn);
    pass(self, LIMIT_OUTPUT_SECONDS - 1);
    assert_int_equal(self->gone, 0);
    pass(self, 1);
    assert_int_equal(self->gone, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->timed_out, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->waiting, 0);
    client_close(&client);
}

static void who_takes_a_little_now_and_then_is_not_given_up(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);
    static char bytes[1 << 20];

    struct blob *part = blob_new(bytes, sizeof bytes);
    assert_false(conn_send(conn, part));
    blob_unref(part);
    for (int i = 0; i < 5; i++) {
        assert_true(recv(client.fd, bytes, 32768, 0) > 0);
        pass(self, LIMIT_OUTPUT_SECONDS);
        assert_int_equal(self->gone, 0);
        assert_true(is_stalled(self));
    }
    pass(self, LIMIT_OUTPUT_SECONDS);
    assert_int_equal(self->gone, 1);
    client_close(&client);
}

static void who_goes_while_a_part_waits_is_told_of(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    fill(conn);
    client_close(&client);
    until(self, self->gone == 1);
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
}

static void who_has_gone_before_a_part_is_told_of_later(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    client_close(&client);
    assert_false(send_text(conn, "lost"));
    assert_int_equal(self->gone, 0);
    assert_false(send_text(conn, "lost too"));
    until(self, self->gone == 1);
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
}

static void an_answer_that_ends_while_a_part_waits_is_cut(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    fill(conn);
    end(conn);
    until(self, client_is_closed(&client));
    assert_int_equal(self->gone, 0);
    client_close(&client);
}

static void an_answer_in_parts_is_not_probed(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct conn *conn = begin(&client, self);

    assert_true(send_text(conn, "one "));
    fcgi_probe(self->fcgi, 1000);
    until(self, TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_WAITING]));
    event_active(self->fcgi->probing, EV_TIMEOUT, 0);
    event_base_loop(self->base, EVLOOP_NONBLOCK);
    end(conn);
    client_expect(&client, self, 1, "Status: 200 OK\r\n\r\none end", FCGI_REQUEST_COMPLETE);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_come_in_order_and_the_connection_is_kept),
        TEST(what_a_slow_reader_does_not_take_comes_later_whole),
        TEST(who_takes_nothing_is_given_up_and_its_owner_told),
        TEST(who_takes_a_little_now_and_then_is_not_given_up),
        TEST(who_goes_while_a_part_waits_is_told_of),
        TEST(who_has_gone_before_a_part_is_told_of_later),
        TEST(an_answer_that_ends_while_a_part_waits_is_cut),
        TEST(an_answer_in_parts_is_not_probed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
