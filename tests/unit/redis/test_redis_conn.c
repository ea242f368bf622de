/* SPDX-License-Identifier: ISC */
/*
 * Against a peer that is not quite Redis: whatever it does costs a connection, never the process, never a second
 * answer.
 */
#include "peer.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { TIMES = 1000 };

static struct redis_script scripts[] = {
    {.name = "echo", .text = "return ARGV[1]"},
    {.name = "probe", .text = "return {}"},
};

static char password[] = "secret";

struct test {
    struct fixture f;
    struct peer peer;
};

static int start(void **state)
{
    static struct test test;

    memset(&test, 0, sizeof test);
    fixture_open(&test.f, scripts, 2);
    peer_start(&test.peer, &test.f);
    *state = &test;
    return 0;
}

static int stop(void **state)
{
    struct test *test = *state;

    redis_free(test->f.redis);
    test->f.redis = NULL;
    peer_stop(&test->peer);
    fixture_close(&test->f);
    return 0;
}

static void come_up(struct test *test)
{
    fixture_connect(&test->f);
    UNTIL(&test->f, redis_up(test->f.redis));
}

/* ---- peers that go ---- */

static void a_peer_that_closes_at_once_costs_nothing(void **state)
{
    struct test *test = *state;

    test->peer.close_at_once = true;
    fixture_connect(&test->f);
    UNTIL(&test->f, test->peer.accepted >= TIMES);
    assert_int_equal(test->f.downs, 1);
    assert_int_equal(test->f.ups, 0);
    test->peer.close_at_once = false;
    UNTIL(&test->f, test->f.ups == 1);
}

static bool close_after_auth(struct peer_conn *conn, const struct redis_value *command)
{
    if (peer_is(command, 0, "AUTH"))
        peer_send(conn, "+OK\r\n");
    conn->closing = true;
    return true;
}

static void a_peer_that_closes_after_auth_costs_nothing(void **state)
{
    struct test *test = *state;

    test->f.conf.password = password;
    test->peer.on_command = close_after_auth;
    fixture_connect(&test->f);
    UNTIL(&test->f, test->peer.accepted >= TIMES);
    assert_int_equal(test->f.downs, 1);
    test->peer.on_command = NULL;
    UNTIL(&test->f, test->f.ups == 1);
}

static bool close_in_reply(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, "EVALSHA") || !peer_is(command, 3, "key"))
        return false;
    peer_send(conn, "*2\r\n$5\r\nhello\r\n$100\r\nwor");
    conn->closing = true;
    return true;
}

static void each_call_is_answered_once_when_the_peer_closes_in_a_reply(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    test->peer.on_command = close_in_reply;
    fixture_connect(&test->f);
    for (unsigned i = 1; i <= TIMES; i++) {
        UNTIL(&test->f, test->f.ups == i);
        for (int calls = 0; calls < 3; calls++)
            call(&test->f, 0, "key", "x", &outcome);
        UNTIL(&test->f, test->f.downs == i);
        UNTIL(&test->f, outcome.count >= 3 * i);
        assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    }
    assert_int_equal(outcome.count, 3 * TIMES);
    assert_int_equal(redis_stats(test->f.redis)->failures, 3 * TIMES);
}

static bool close_before_ack(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, "SUBSCRIBE") || !peer_is(command, 1, "mine"))
        return false;
    conn->closing = true;
    conn->peer->on_command = NULL;
    return true;
}

static void a_subscription_killed_before_its_ack_stands_on_the_next_connection(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    come_up(test);
    test->peer.on_command = close_before_ack;
    redis_subscribe(test->f.redis, "mine", note_subscribed, &outcome);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    UNTIL(&test->f, test->f.ups == 2);
    for (struct peer_conn *conn = test->peer.conns; conn; conn = conn->next)
        peer_send(conn, "*3\r\n$7\r\nmessage\r\n$4\r\nmine\r\n$1\r\nx\r\n");
    UNTIL(&test->f, test->f.messages == 1);
}

/* ---- peers that talk nonsense ---- */

static const char *nonsense;
static const char *ping_word;
static unsigned pings;

static bool answer_nonsense(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, "EVALSHA") || !peer_is(command, 3, "key"))
        return false;
    peer_send(conn, nonsense);
    return true;
}

static void what_is_no_protocol_ends_the_connection(void **state)
{
    static const char *const all[] = {
        "?\r\n",
        "hello world\r\n",
        "*99999999999\r\n",
        "$-5\r\n",
        ":12x\r\n",
        "*-7\r\n",
        ("$5\r\nhelloXX:1\r\n*1\r\n*1\r\n*1\r\n"
         "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"),
        "\r\n",
        "*2147483647\r\n",
    };
    struct test *test = *state;

    test->peer.on_command = answer_nonsense;
    fixture_connect(&test->f);
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        struct outcome outcome = {0};
        nonsense = all[i];
        UNTIL(&test->f, test->f.ups == i + 1);
        call(&test->f, 0, "key", "x", &outcome);
        UNTIL(&test->f, test->f.downs == i + 1);
        UNTIL(&test->f, outcome.count == 1);
    }
}

static void a_reply_nobody_asked_for_ends_the_connection(void **state)
{
    static const char *const all[] = {"+OK\r\n",
                                      ":1\r\n",
                                      "*0\r\n",
                                      "$-1\r\n",
                                      "*1\r\n*0\r\n",
                                      "-ERR max number of clients\r\n",
                                      "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n",
                                      "*2\r\n:1\r\n:2\r\n"};
    struct test *test = *state;

    fixture_connect(&test->f);
    test->f.redis->timing.ping_ms = PATIENCE_MS;
    for (unsigned i = 0; i < 2 * sizeof all / sizeof *all; i++) {
        UNTIL(&test->f, test->f.ups == i + 1);
        /* One connection after the other. */
        peer_send(i % 2 ? test->peer.conns : test->peer.conns->next, all[i / 2]);
        UNTIL(&test->f, test->f.downs == i + 1);
    }
}

static bool answer_subscribe_with_list(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, "SUBSCRIBE") || !peer_is(command, 1, "mine"))
        return false;
    peer_send(conn, "*3\r\n:1\r\n*0\r\n$-1\r\n");
    conn->peer->on_command = NULL;
    return true;
}

static void a_wrong_ack_ends_the_connection(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    come_up(test);
    test->peer.on_command = answer_subscribe_with_list;
    redis_subscribe(test->f.redis, "mine", note_subscribed, &outcome);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    UNTIL(&test->f, test->f.ups == 2);
}

static bool is_odd_info(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, "INFO"))
        return false;
    peer_send(conn, nonsense);
    return true;
}

static void an_info_without_a_replication_id_is_refused(void **state)
{
    static const char *const all[] = {
        ":1\r\n",  "$0\r\n\r\n", "$11\r\nrole:master\r\n",
        "$-1\r\n", "*0\r\n",     "$68\r\nrole:master\r\nmaster_replid:" PEER_REPLID "x\r\n"};
    struct test *test = *state;

    test->peer.on_command = is_odd_info;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        nonsense = all[i];
        redis_free(test->f.redis);
        test->f.downs = 0;
        fixture_connect(&test->f);
        UNTIL(&test->f, test->f.downs == 1);
        assert_non_null(strstr(test->f.down_reason, "INFO replication"));
    }
    assert_int_equal(test->f.ups, 0);
}

/* ---- peers that say no ---- */

static bool refuse_all(struct peer_conn *conn, const struct redis_value *command)
{
    (void)command;
    peer_send(conn, nonsense);
    return true;
}

static void a_loading_redis_is_waited_for(void **state)
{
    static const char *const all[] = {
        "-LOADING Redis is loading the dataset in memory\r\n",
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
        "-READONLY You can't write against a read only replica.\r\n", "-NOAUTH Authentication required.\r\n"};
    struct test *test = *state;

    come_up(test);
    test->f.redis->timing.ping_ms = PATIENCE_MS;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        struct outcome outcome = {0};
        nonsense = all[i];
        test->peer.on_command = refuse_all;
        call(&test->f, 0, "key", "x", &outcome);
        UNTIL(&test->f, test->f.downs == i + 1);
        UNTIL(&test->f, outcome.count == 1);
        assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
        assert_memory_equal(strstr(redis_reason(test->f.redis), ": ") + 2, all[i] + 1, 6);
        test->peer.on_command = NULL;
        UNTIL(&test->f, test->f.ups == i + 2);
    }
}

/* Only pings are refused: INFO on the command connection, PING on the channel's. */
static bool refuse_ping(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, ping_word))
        return false;
    pings++;
    peer_send(conn, nonsense);
    return true;
}

static void a_ping_that_is_refused_for_good_ends_the_connection(void **state)
{
    static const char *const words[] = {"INFO", "PING"};
    static const char *const answers[] = {"-LOADING Redis is loading the dataset in memory\r\n", ":1\r\n"};
    struct test *test = *state;

    come_up(test);
    for (unsigned i = 0; i < 4; i++) {
        ping_word = words[i % 2];
        nonsense = answers[i / 2];
        test->peer.on_command = refuse_ping;
        UNTIL(&test->f, test->f.downs == i + 1);
        test->peer.on_command = NULL;
        UNTIL(&test->f, test->f.ups == i + 2);
    }
}

static void a_ping_that_a_busy_redis_refuses_ends_nothing(void **state)
{
    static const char *const words[] = {"INFO", "PING"};
    struct test *test = *state;

    come_up(test);
    nonsense = "-BUSY Redis is busy running a script.\r\n";
    test->peer.on_command = refuse_ping;
    for (unsigned i = 0; i < 2; i++) {
        ping_word = words[i];
        pings = 0;
        UNTIL(&test->f, pings >= 3);
    }
    assert_int_equal(test->f.downs, 0);
    assert_int_equal(answer(&test->f, 0, "key", "x").result, REDIS_OK);
}

static bool never_knows_a_script(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 3, "key"))
        return false;
    peer_send(conn, "-NOSCRIPT No matching script. Please use EVAL.\r\n");
    return true;
}

static void a_script_is_sent_whole_only_once(void **state)
{
    struct test *test = *state;

    come_up(test);
    test->peer.on_command = never_knows_a_script;
    assert_int_equal(answer(&test->f, 0, "key", "x").result, REDIS_UNAVAILABLE);
    assert_true(redis_up(test->f.redis));
}

/* ---- peers that say nothing ---- */

static bool be_silent(struct peer_conn *conn, const struct redis_value *command)
{
    (void)conn;
    (void)command;
    return true;
}

static void a_silent_peer_is_dropped(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    come_up(test);
    test->f.redis->timing.silence_ms = 30;
    test->peer.on_command = be_silent;
    call(&test->f, 0, "key", "x", &outcome);
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.result, REDIS_UNAVAILABLE);
    assert_int_equal(test->f.downs, 1);
    assert_non_null(strstr(test->f.down_reason, "no answer"));
}

static void a_silent_peer_is_dropped_though_nobody_asks(void **state)
{
    struct test *test = *state;

    come_up(test);
    test->f.redis->timing.silence_ms = 30;
    test->peer.on_command = be_silent;
    UNTIL(&test->f, test->f.downs == 1);
}

static void a_peer_that_is_silent_from_the_start_is_dropped(void **state)
{
    struct test *test = *state;

    test->peer.on_command = be_silent;
    fixture_connect(&test->f);
    test->f.redis->timing.silence_ms = 30;
    UNTIL(&test->f, test->f.downs == 1);
    UNTIL(&test->f, test->peer.accepted >= 6);
}

static void a_silent_redis_is_dropped_within_ten_seconds(void **state)
{
    struct test *test = *state;
    struct redis_events events = {.ctx = &test->f, .on_up = note_up, .on_down = note_down, .on_message = note_message};
    const struct redis_timing *timing;

    test->f.redis = redis_new(test->f.base, &test->f.conf, scripts, 2, &events);
    timing = &test->f.redis->timing;
    assert_true(timing->ping_ms + timing->silence_ms + timing->tick_ms <= 10000);
    assert_true(timing->connect_ms <= 5000);
    assert_true(timing->backoff_min_ms == 50 && timing->backoff_max_ms == 2000);
}

/* ---- peers that are slow ---- */

static void commands_of_one_turn_arrive_together(void **state)
{
    enum { CALLS = 100 };
    struct test *test = *state;
    struct outcome outcome = {0};
    unsigned before;

    fixture_connect(&test->f);
    test->f.redis->timing.ping_ms = PATIENCE_MS;
    UNTIL(&test->f, redis_up(test->f.redis));
    before = test->peer.reads;
    for (int i = 0; i < CALLS; i++)
        call(&test->f, 0, "key", "x", &outcome);
    UNTIL(&test->f, outcome.count == CALLS);
    assert_int_equal(test->peer.reads - before, 1);
    assert_int_equal(outcome.result, REDIS_OK);
    assert_int_equal(outcome.number, 1);
}

static void a_socket_that_takes_little_gets_all_in_time(void **state)
{
    enum { CALLS = 50, SIZE = 100000 };
    struct test *test = *state;
    struct outcome outcome = {0};
    char *text = calloc(1, SIZE + 1);

    memset(text, 'x', SIZE);
    come_up(test);
    for (int i = 0; i < CALLS; i++)
        call(&test->f, 0, "key", text, &outcome);
    UNTIL(&test->f, outcome.count == CALLS);
    assert_int_equal(outcome.result, REDIS_OK);
    assert_true(test->peer.calls >= CALLS);
    free(text);
}

static struct peer_conn *asked;

static bool note_who_asks(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 3, "key"))
        return false;
    asked = conn;
    return true;
}

static void a_reply_may_come_in_crumbs(void **state)
{
    static const char reply[] = "*2\r\n$5\r\nhello\r\n:12\r\n";
    struct test *test = *state;
    struct outcome outcome = {0};

    asked = NULL;
    come_up(test);
    /* No ping may be answered in between. */
    test->f.redis->timing.ping_ms = PATIENCE_MS;
    test->peer.on_command = note_who_asks;
    call(&test->f, 0, "key", "x", &outcome);
    UNTIL(&test->f, asked != NULL);
    for (const char *at = reply; *at; at++) {
        assert_int_equal(outcome.count, 0);
        assert_int_equal(send(asked->fd, at, 1, MSG_NOSIGNAL), 1);
        event_base_loop(test->f.base, EVLOOP_NONBLOCK);
    }
    UNTIL(&test->f, outcome.count == 1);
    assert_int_equal(outcome.type, REDIS_TYPE_LIST);
    assert_int_equal(test->f.downs, 0);
}

/* ---- peers that never come to an end ---- */

/* Sends BYTES to CONN, then 'x' until the connection is given up for the time GIVEN_UP; returns how much it took. */
static size_t send_without_end(struct test *test, const char *bytes, unsigned given_up)
{
    static char more[1 << 16];
    size_t total = 0;

    memset(more, 'x', sizeof more);
    peer_send(asked, bytes);
    while (test->f.downs < given_up && total < 2 * (size_t)REDIS_ARENA_MAX) {
        ssize_t sent = send(asked->fd, more, sizeof more, MSG_NOSIGNAL | MSG_DONTWAIT);
        total += sent > 0 ? (size_t)sent : 0;
        event_base_loop(test->f.base, EVLOOP_NONBLOCK);
    }
    return total;
}

static void a_reply_without_end_is_given_up_before_it_fills_memory(void **state)
{
    enum { IN_SOCKETS = 1 << 20, LINE = 64 << 10 };
    static const struct {
        const char *head;
        size_t most;
    } all[] = {{"$104857600\r\n", REDIS_ARENA_MAX},
               {"$2000000000000\r\n", REDIS_ARENA_MAX},
               {"*2\r\n$9000000000\r\n", REDIS_ARENA_MAX},
               {"+", LINE},
               {"-ERR ", LINE},
               {"*2\r\n:", LINE}};
    struct test *test = *state;

    test->peer.on_command = note_who_asks;
    fixture_connect(&test->f);
    test->f.redis->timing.ping_ms = test->f.redis->timing.silence_ms = PATIENCE_MS;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        struct outcome outcome = {0};
        asked = NULL;
        UNTIL(&test->f, test->f.ups == i + 1);
        call(&test->f, 0, "key", "x", &outcome);
        UNTIL(&test->f, asked != NULL);
        assert_true(send_without_end(test, all[i].head, i + 1) < all[i].most + IN_SOCKETS);
        assert_non_null(strstr(test->f.down_reason, ": Redis sends a "));
        UNTIL(&test->f, outcome.count == 1);
    }
}

/* Writes messages of channel "mine" to FD until it is killed, from a process of its own; returns that. */
static pid_t flood(int fd)
{
    enum { MESSAGES = 2000 };
    static const char message[] = "*3\r\n$7\r\nmessage\r\n$4\r\nmine\r\n$1\r\nx\r\n";
    static char many[MESSAGES * (sizeof message - 1)];
    pid_t child = fork();

    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < MESSAGES; i++)
        memcpy(many + (size_t)i * (sizeof message - 1), message, sizeof message - 1);
    for (size_t at = 0;;) {
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        poll(&room, 1, -1);
        ssize_t sent = send(fd, many + at, sizeof many - at, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            _exit(0);
        at = (at + (size_t)(sent > 0 ? sent : 0)) % sizeof many;
    }
}

static unsigned turns;

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
    turns++;
}

static void a_flood_of_messages_leaves_the_loop_to_others(void **state)
{
    enum { TURNS = 20, MESSAGES = 1000000 };
    const struct timeval often = {.tv_usec = 1000};
    struct test *test = *state;
    struct event turn;

    come_up(test);
    test->f.redis->timing.ping_ms = test->f.redis->timing.silence_ms = PATIENCE_MS;
    redis_subscribe(test->f.redis, "mine", NULL, NULL);
    turns = 0;
    event_assign(&turn, test->f.base, -1, EV_PERSIST, on_turn, NULL);
    event_add(&turn, &often);
    pid_t child = flood(test->peer.conns->fd);
    UNTIL(&test->f, test->f.messages > MESSAGES);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    event_del(&turn);
    assert_true(turns > TURNS);
}

/* ---- TCP ---- */

static char loopback[] = "127.0.0.1";

static void tcp_is_as_good_as_a_unix_socket(void **state)
{
    struct test *test = *state;

    peer_stop(&test->peer);
    peer_start_tcp(&test->peer, &test->f, 64);
    test->f.conf.host = loopback;
    test->f.conf.unix_path = NULL;
    come_up(test);
    assert_int_equal(answer(&test->f, 0, "key", "x").result, REDIS_OK);
}

static void a_port_that_refuses_is_named(void **state)
{
    struct test *test = *state;

    peer_stop(&test->peer);
    peer_start_tcp(&test->peer, &test->f, 64);
    close(test->peer.fd);
    test->f.conf.host = loopback;
    test->f.conf.unix_path = NULL;
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.downs == 1);
    char place[64];
    snprintf(place, sizeof place, "at %s:%d: ", loopback, test->f.conf.port);
    assert_non_null(strstr(test->f.down_reason, place));
    assert_non_null(strstr(test->f.down_reason, "Connection refused; start Redis"));
    test->peer.fd = dup(2);
}

static void a_connect_that_hangs_is_given_up(void **state)
{
    enum { FILLERS = 8 };
    struct test *test = *state;
    int filler[FILLERS];

    peer_stop(&test->peer);
    peer_start_tcp(&test->peer, &test->f, 0);
    event_del(&test->peer.acceptable);
    /* The queue is full after one or two: later connections get no answer. */
    for (int i = 0; i < FILLERS; i++)
        filler[i] = peer_connect_tcp(&test->peer);
    test->f.conf.host = loopback;
    test->f.conf.unix_path = NULL;
    fixture_connect(&test->f);
    test->f.redis->timing.connect_ms = 30;
    UNTIL(&test->f, test->f.downs == 1);
    assert_non_null(strstr(test->f.down_reason, "connection failed: no answer"));
    for (int i = 0; i < FILLERS; i++)
        close(filler[i]);
}

int main(void)
{
#define AGAINST_PEER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        AGAINST_PEER(a_peer_that_closes_at_once_costs_nothing),
        AGAINST_PEER(a_peer_that_closes_after_auth_costs_nothing),
        AGAINST_PEER(each_call_is_answered_once_when_the_peer_closes_in_a_reply),
        AGAINST_PEER(a_subscription_killed_before_its_ack_stands_on_the_next_connection),
        AGAINST_PEER(what_is_no_protocol_ends_the_connection),
        AGAINST_PEER(a_reply_nobody_asked_for_ends_the_connection),
        AGAINST_PEER(a_wrong_ack_ends_the_connection),
        AGAINST_PEER(an_info_without_a_replication_id_is_refused),
        AGAINST_PEER(a_loading_redis_is_waited_for),
        AGAINST_PEER(a_ping_that_is_refused_for_good_ends_the_connection),
        AGAINST_PEER(a_ping_that_a_busy_redis_refuses_ends_nothing),
        AGAINST_PEER(a_reply_without_end_is_given_up_before_it_fills_memory),
        AGAINST_PEER(a_flood_of_messages_leaves_the_loop_to_others),
        AGAINST_PEER(a_script_is_sent_whole_only_once),
        AGAINST_PEER(a_silent_peer_is_dropped),
        AGAINST_PEER(a_silent_peer_is_dropped_though_nobody_asks),
        AGAINST_PEER(a_peer_that_is_silent_from_the_start_is_dropped),
        AGAINST_PEER(a_silent_redis_is_dropped_within_ten_seconds),
        AGAINST_PEER(commands_of_one_turn_arrive_together),
        AGAINST_PEER(a_socket_that_takes_little_gets_all_in_time),
        AGAINST_PEER(a_reply_may_come_in_crumbs),
        AGAINST_PEER(tcp_is_as_good_as_a_unix_socket),
        AGAINST_PEER(a_port_that_refuses_is_named),
        AGAINST_PEER(a_connect_that_hangs_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
