/* SPDX-License-Identifier: ISC */
/* transport/: what has to be over in time, by a clock of the test's own; and descriptors that run out. */
#include "fixture.h"

#include "base/clock.h"
#include "base/limits.h"

#include <signal.h>
#include <sys/resource.h>

static int64_t clock_ms = 1000000;

/* Instead of base/clock.c's. */
int64_t clock_mono_ms(void)
{
    return clock_ms;
}

/* SECONDS go by, and the server looks at the time. */
static void pass(struct fixture *self, int seconds)
{
    clock_ms += seconds * 1000;
    event_active(self->fcgi->tick, EV_TIMEOUT, 0);
    event_base_loop(self->base, EVLOOP_NONBLOCK);
}

static void send_half(struct client *client, struct fixture *self)
{
    struct buf bytes;

    buf_init(&bytes);
    add_begin(&bytes, 1, FCGI_RESPONDER, 0);
    client_open(client, self);
    client_send(client, self, &bytes);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_INPUT]));
    until(self, fixture_rests(self));
    buf_fini(&bytes);
}

static void a_request_that_does_not_become_whole_is_closed(void **state)
{
    struct fixture *self = *state;
    struct client client;

    send_half(&client, self);
    pass(self, LIMIT_INPUT_SECONDS - 1);
    assert_false(client_is_closed(&client));
    pass(self, 1);
    assert_true(client_is_closed(&client));
    assert_int_equal(fcgi_stats(self->fcgi)->timed_out, 1);
    client_close(&client);
}

static void a_byte_now_and_then_gains_no_time(void **state)
{
    struct fixture *self = *state;
    const char params[] = {FCGI_VERSION_1, FCGI_PARAMS, 0, 1, 0, 99, 0, 0, 1, 97};
    struct client client;

    send_half(&client, self);
    for (int i = 0; i < LIMIT_INPUT_SECONDS; i++) {
        assert_int_equal(send(client.fd, &params[i], 1, MSG_NOSIGNAL), 1);
        pass(self, 1);
    }
    assert_true(client_is_closed(&client));
    client_close(&client);
}

/* The server has read all that has come. */
static void let_read(struct fixture *self)
{
    for (int i = 0; i < 10; i++)
        event_base_loop(self->base, EVLOOP_NONBLOCK);
}

static void one_that_talks_of_something_else_gives_nobody_behind_it_time(void **state)
{
    struct fixture *self = *state;
    const char other[] = {FCGI_VERSION_1, FCGI_ABORT_REQUEST, 0, 7, 0, 0, 0, 0};
    struct client talker, client;

    client_open(&talker, self);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_INPUT]));
    send_half(&client, self);
    for (int i = 0; i < LIMIT_INPUT_SECONDS; i++) {
        assert_int_equal(send(talker.fd, other, sizeof other, MSG_NOSIGNAL), sizeof other);
        let_read(self);
        pass(self, 1);
    }
    assert_true(client_is_closed(&client));
    client_close(&talker);
    client_close(&client);
}

static void a_connection_that_says_nothing_is_closed(void **state)
{
    struct fixture *self = *state;
    struct client client;

    client_open(&client, self);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_INPUT]));
    pass(self, LIMIT_INPUT_SECONDS);
    assert_true(client_is_closed(&client));
    client_close(&client);
}

static void idle_and_parked_connections_have_all_the_time(void **state)
{
    struct fixture *self = *state;
    struct client idle, parked;

    client_open(&idle, self);
    client_get(&idle, self, 1, FCGI_KEEP_CONN);
    client_expect_ok(&idle, self, 1);
    client_park(&parked, self, 0);
    pass(self, 100000);
    assert_false(client_is_closed(&idle));
    assert_false(client_is_closed(&parked));
    client_close(&idle);
    client_close(&parked);
}

/* A client that has been sent more than its socket takes. */
static void begin_long_answer(struct client *client, struct fixture *self)
{
    char *bytes = mem_resize(NULL, 3000000, 1);

    memset(bytes, 'x', 3000000);
    self->answer = blob_new(bytes, 3000000);
    free(bytes);
    client_open(client, self);
    client_get(client, self, 1, 0);
    until(self, !TAILQ_EMPTY(&self->fcgi->hub.conns[FCGI_STATE_OUTPUT]));
}

static void an_answer_that_is_not_taken_is_dropped(void **state)
{
    struct fixture *self = *state;
    struct client client;

    begin_long_answer(&client, self);
    pass(self, LIMIT_OUTPUT_SECONDS - 1);
    assert_int_equal(self->answer->refs, 2);
    pass(self, 1);
    assert_int_equal(self->answer->refs, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->timed_out, 1);
    assert_int_equal(fcgi_stats(self->fcgi)->connections, 0);
    client_close(&client);
}

static void answers_that_nobody_takes_have_room_together_and_the_slowest_go(void **state)
{
    enum { CLIENTS = 40, ROOM = 22 };
    struct fixture *self = *state;
    struct client clients[CLIENTS];

    begin_long_answer(&clients[0], self);
    for (int i = 1; i < CLIENTS; i++) {
        client_open(&clients[i], self);
        client_get(&clients[i], self, 1, 0);
        until(self, fcgi_stats(self->fcgi)->accepted == (unsigned long)i + 1 && fixture_rests(self));
        assert_true(self->fcgi->hub.outputs.bytes <= LIMIT_OUTPUTS_BYTES);
    }
    assert_int_equal(fcgi_stats(self->fcgi)->connections, ROOM);
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    until(self, fcgi_stats(self->fcgi)->connections == 0);
    assert_int_equal(self->fcgi->hub.outputs.bytes, 0);
    assert_int_equal(self->answer->refs, 1);
}

static void an_answer_taken_slowly_goes_on(void **state)
{
    struct fixture *self = *state;
    struct client client;

    begin_long_answer(&client, self);
    for (int i = 0; i < 100 && !client_has_answer(&client); i++)
        pass(self, LIMIT_OUTPUT_SECONDS - 1);
    assert_true(client_has_answer(&client));
    assert_int_equal(fcgi_stats(self->fcgi)->timed_out, 0);
    client_close(&client);
}

/* How many descriptors are open, which are the lowest ones. */
static rlim_t descriptors(void)
{
    int next = dup(0);

    close(next);
    return (rlim_t)next;
}

static void without_descriptors_accepting_pauses_and_goes_on(void **state)
{
    struct fixture *self = *state;
    struct client client;
    struct rlimit before, none;

    client_open(&client, self);
    client_get(&client, self, 1, 0);
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){descriptors(), before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    until(self, self->fcgi->paused);
    assert_int_equal(event_pending(self->fcgi->accepting, EV_READ, NULL), 0);
    setrlimit(RLIMIT_NOFILE, &before);
    client_expect_ok(&client, self, 1);
    client_close(&client);
}

static void signals_are_left_as_they_were(void **state)
{
    const int numbers[] = {SIGPIPE, SIGUSR1, SIGTERM};
    struct sigaction action;

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], NULL, &action);
        assert_true(action.sa_handler == SIG_DFL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_that_does_not_become_whole_is_closed),
        TEST(a_byte_now_and_then_gains_no_time),
        TEST(one_that_talks_of_something_else_gives_nobody_behind_it_time),
        TEST(a_connection_that_says_nothing_is_closed),
        TEST(idle_and_parked_connections_have_all_the_time),
        TEST(an_answer_that_is_not_taken_is_dropped),
        TEST(answers_that_nobody_takes_have_room_together_and_the_slowest_go),
        TEST(an_answer_taken_slowly_goes_on),
        TEST(without_descriptors_accepting_pauses_and_goes_on),
        TEST(signals_are_left_as_they_were),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
