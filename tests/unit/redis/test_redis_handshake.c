/* SPDX-License-Identifier: ISC */
/* What must be proved before Redis counts as up: who it is, that it is a master, and our rights. With a real Redis. */
#include "peer.h"
#include "server.h"

enum { ECHO, GET, PROBE, LONG, COUNT };

/* Longer than what Redis takes from a client before AUTH, and than what the sockets between them hold. */
static char long_script[16 * 1024 * 1024];

static struct redis_script scripts[] = {
    [ECHO] = {.name = "echo", .text = "return ARGV[1]"},
    [GET] = {.name = "get", .text = "return redis.call('GET', KEYS[1])"},
    [PROBE] = {.name = "probe",
               .text = "local failed = {}\n"
                       "local function try(command, ...)\n"
                       "    local result = redis.pcall(command, ...)\n"
                       "    if type(result) == 'table' and result.err then\n"
                       "        failed[#failed + 1] = command .. ': ' .. result.err\n"
                       "    end\n"
                       "end\n"
                       "try('HSET', KEYS[1], 'a', 1)\n"
                       "try('HGETALL', KEYS[1])\n"
                       "try('HGET', KEYS[1], 'a')\n"
                       "try('ZSCORE', KEYS[1] .. ':z', 'a')\n"
                       "try('DEL', KEYS[1])\n"
                       "try('PUBLISH', ARGV[1], '')\n"
                       "return failed\n"},
    [LONG] = {.name = "long", .text = long_script},
};

static char user[] = "rollcall";
static char password[] = "secret";
static char wrong_password[] = "wrong-secret";

struct test {
    struct fixture f;
    struct server server;
};

static void write_long_script(void)
{
    memset(long_script, ' ', sizeof long_script);
    strcpy(long_script + sizeof long_script - sizeof "return 1", "return 1");
}

static int start(void **state)
{
    static struct test test;

    write_long_script();
    memset(&test, 0, sizeof test);
    fixture_open(&test.f, scripts, COUNT);
    server_start(&test.server, &test.f);
    *state = &test;
    return 0;
}

static int stop(void **state)
{
    struct test *test = *state;

    server_stop(&test->server);
    fixture_close(&test->f);
    return 0;
}

/* Why Redis does not come up for USER, with these rights. */
static const char *reason_with(struct test *test, const char *rights)
{
    struct fixture *f = &test->f;
    redisReply *reply;
    char command[512];

    snprintf(command, sizeof command, "ACL SETUSER rollcall reset on >secret %s", rights);
    reply = redisCommand(test->server.admin, command);
    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    redis_free(f->redis);
    f->ups = f->downs = 0;
    f->conf.user = user;
    f->conf.password = password;
    fixture_connect(f);
    UNTIL(f, f->ups + f->downs > 0);
    return redis_reason(f->redis);
}

static void the_masters_replication_id_is_told(void **state)
{
    struct test *test = *state;

    fixture_connect(&test->f);
    assert_false(redis_up(test->f.redis));
    assert_string_not_equal(redis_reason(test->f.redis), "");
    UNTIL(&test->f, test->f.ups == 1);
    assert_true(redis_up(test->f.redis));
    assert_string_equal(redis_reason(test->f.redis), "");
    assert_int_equal(strlen(test->f.replid), 40);
    assert_int_equal(strlen(scripts[ECHO].sha1), 40);
}

static void a_wrong_password_is_named_and_not_told(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "CONFIG SET requirepass secret");
    test->f.conf.password = wrong_password;
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.downs == 1);
    assert_non_null(strstr(redis_reason(test->f.redis), "WRONGPASS"));
    assert_null(strstr(redis_reason(test->f.redis), "secret"));
    test->f.conf.password = password;
    UNTIL(&test->f, test->f.ups == 1);
}

static void a_missing_password_is_named(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "CONFIG SET requirepass secret");
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.downs == 1);
    assert_non_null(strstr(redis_reason(test->f.redis), "NOAUTH"));
}

static void missing_rights_are_named(void **state)
{
    struct test *test = *state;

    assert_non_null(strstr(reason_with(test, "~rollcall:* +@all"), "lacks: channel rights &rollcall:*"));
    assert_non_null(strstr(reason_with(test, "&rollcall:* +@all"), "lacks: key rights ~rollcall:*"));
    assert_non_null(strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -publish"), "lacks: +publish"));
    assert_non_null(
        strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -hget -hgetall"), "lacks: +hgetall, +hget"));
    assert_non_null(strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -subscribe"), "lacks: +subscribe"));
    assert_non_null(strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -evalsha"), "lacks: +evalsha"));
    assert_non_null(strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -script"), "lacks: +script|load"));
    assert_non_null(strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -info"), "lacks: +info"));
    assert_non_null(strstr(reason_with(test, "~rollcall:* &rollcall:* +@all -hset -zscore -publish"),
                           "lacks: +hset, +zscore, +publish"));
    assert_int_equal(test->f.ups, 0);
    assert_string_equal(reason_with(test, "~rollcall:* &rollcall:* +@all -client -@dangerous +info"), "");
    assert_int_equal(test->f.ups, 1);
}

static void rights_that_are_given_later_are_found(void **state)
{
    struct test *test = *state;

    assert_non_null(strstr(reason_with(test, "~rollcall:* +@all"), "lacks"));
    TELL(&test->server, "ACL SETUSER rollcall &rollcall:*");
    UNTIL(&test->f, test->f.ups == 1);
}

static void the_database_is_the_configured_one(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "SELECT 3");
    TELL(&test->server, "SET here 7");
    test->f.conf.database = 3;
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    assert_int_equal(answer(&test->f, GET, "here", "").number, 7);
}

static void a_database_that_is_not_there_is_named(void **state)
{
    struct test *test = *state;

    test->f.conf.database = 999;
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.downs == 1);
    assert_non_null(strstr(redis_reason(test->f.redis), "SELECT: ERR DB index is out of range"));
}

static void a_replica_is_refused_until_it_is_a_master(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "REPLICAOF 127.0.0.1 1");
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.downs == 1);
    assert_non_null(strstr(redis_reason(test->f.redis), "replica"));
    TELL(&test->server, "REPLICAOF NO ONE");
    UNTIL(&test->f, test->f.ups == 1);
}

static void a_master_that_becomes_a_replica_is_left_at_once(void **state)
{
    struct test *test = *state;
    char before[64];

    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    strcpy(before, test->f.replid);
    TELL(&test->server, "REPLICAOF 127.0.0.1 1");
    UNTIL(&test->f, test->f.downs == 1);
    TELL(&test->server, "REPLICAOF NO ONE");
    UNTIL(&test->f, test->f.ups == 2);
    assert_string_not_equal(before, test->f.replid);
}

static void another_replication_id_is_another_redis(void **state)
{
    struct test *test = *state;
    char before[64];

    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    strcpy(before, test->f.replid);
    TELL(&test->server, "DEBUG CHANGE-REPL-ID");
    UNTIL(&test->f, test->f.ups == 2);
    assert_non_null(strstr(test->f.down_reason, "another"));
    assert_string_not_equal(before, test->f.replid);
}

static void a_full_redis_is_up_for_reading(void **state)
{
    struct test *test = *state;

    TELL(&test->server, "CONFIG SET maxmemory 1");
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    assert_non_null(strstr(redis_reason(test->f.redis), "Redis refuses to write: OOM "));
    assert_int_equal(answer(&test->f, ECHO, "k", "x").result, REDIS_OK);
}

/* It is looked for again and again, though nobody calls anything. */
static void that_it_refuses_to_write_is_told_until_it_does_not(void **state)
{
    struct test *test = *state;

    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    assert_false(redis_refuses(test->f.redis));
    TELL(&test->server, "CONFIG SET maxmemory 1");
    UNTIL(&test->f, redis_refuses(test->f.redis));
    assert_non_null(strstr(redis_reason(test->f.redis), "Redis refuses to write: OOM "));
    assert_int_equal(redis_stats(test->f.redis)->nodes.list[0].refusing, 1);
    assert_int_equal(answer(&test->f, ECHO, "k", "x").result, REDIS_OK);
    assert_true(redis_refuses(test->f.redis));
    TELL(&test->server, "CLIENT KILL TYPE normal SKIPME yes");
    UNTIL(&test->f, test->f.downs == 1);
    assert_int_equal(redis_stats(test->f.redis)->nodes.list[0].refusing, 0);
    UNTIL(&test->f, test->f.ups == 2);
    assert_true(redis_refuses(test->f.redis));
    TELL(&test->server, "CONFIG SET maxmemory 0");
    UNTIL(&test->f, !redis_refuses(test->f.redis));
    assert_string_equal(redis_reason(test->f.redis), "");
    assert_int_equal(redis_stats(test->f.redis)->nodes.list[0].refusing, 0);
    assert_int_equal(test->f.downs, 1);
}

/* A master by its own word. */
static bool is_read_only(struct peer_conn *conn, const struct redis_value *command)
{
    static const char line[] = "HSET: READONLY You can't write against a read only replica.";
    char text[128];

    if (!peer_is(command, 0, "EVALSHA"))
        return false;
    snprintf(text, sizeof text, "*1\r\n$%zu\r\n%s\r\n", strlen(line), line);
    peer_send(conn, text);
    return true;
}

static void one_that_is_read_only_is_not_used(void **state)
{
    struct fixture f;
    struct peer peer;

    (void)state;
    fixture_open(&f, scripts, LONG);
    peer_start(&peer, &f);
    peer.on_command = is_read_only;
    fixture_connect(&f);
    UNTIL(&f, f.downs == 1);
    assert_non_null(strstr(redis_reason(f.redis), "HSET: READONLY"));
    assert_int_equal(f.ups, 0);
    peer_stop(&peer);
    fixture_close(&f);
}

/* A slot is on its way, perhaps. */
static bool is_elsewhere(struct peer_conn *conn, const struct redis_value *command)
{
    if (!peer_is(command, 0, "ZADD"))
        return false;
    conn->peer->calls++;
    peer_send(conn, "-ASK 1 127.0.0.1:1\r\n");
    return true;
}

static void what_is_said_of_a_key_alone_is_not_a_refusal(void **state)
{
    struct fixture f;
    struct peer peer;

    (void)state;
    fixture_open(&f, scripts, LONG);
    peer_start(&peer, &f);
    peer.on_command = is_elsewhere;
    fixture_connect(&f);
    UNTIL(&f, peer.calls == 5);
    assert_true(redis_up(f.redis));
    assert_string_equal(redis_reason(f.redis), "");
    peer_stop(&peer);
    fixture_close(&f);
}

static void a_script_that_is_no_lua_is_named(void **state)
{
    struct test *test = *state;

    scripts[ECHO].text = "this is no Lua";
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.downs == 1);
    assert_non_null(strstr(redis_reason(test->f.redis), "SCRIPT LOAD: ERR Error compiling script"));
    scripts[ECHO].text = "return ARGV[1]";
}

/* Standard error into a pipe, and back. */
static int catch_log(int *saved)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    *saved = dup(2);
    dup2(ends[1], 2);
    close(ends[1]);
    log_set_level(LOG_LEVEL_WARN);
    return ends[0];
}

static size_t caught_log(int from, int saved, char *text, size_t size)
{
    ssize_t len;

    dup2(saved, 2);
    close(saved);
    log_set_level(LOG_LEVEL_ERROR);
    len = read(from, text, size - 1);
    text[len > 0 ? len : 0] = '\0';
    close(from);
    return strlen(text);
}

static void a_policy_that_may_evict_is_warned_of_once(void **state)
{
    struct test *test = *state;
    char text[4096];
    int saved;
    int from;

    TELL(&test->server, "CONFIG SET maxmemory 100mb");
    TELL(&test->server, "CONFIG SET maxmemory-policy volatile-ttl");
    from = catch_log(&saved);
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    assert_true(caught_log(from, saved, text, sizeof text) > 0);
    assert_non_null(strstr(text, "maxmemory-policy volatile-ttl"));
    from = catch_log(&saved);
    TELL(&test->server, "CLIENT KILL TYPE normal SKIPME yes");
    UNTIL(&test->f, test->f.ups == 2);
    caught_log(from, saved, text, sizeof text);
    assert_null(strstr(text, "maxmemory-policy"));
}

static void a_policy_that_evicts_nothing_is_not_warned_of(void **state)
{
    struct test *test = *state;
    char text[4096];
    int saved;
    int from;

    TELL(&test->server, "CONFIG SET maxmemory 100mb");
    from = catch_log(&saved);
    fixture_connect(&test->f);
    UNTIL(&test->f, test->f.ups == 1);
    assert_int_equal(caught_log(from, saved, text, sizeof text), 0);
}

int main(void)
{
#define AGAINST_REDIS(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        AGAINST_REDIS(the_masters_replication_id_is_told),
        AGAINST_REDIS(a_wrong_password_is_named_and_not_told),
        AGAINST_REDIS(a_missing_password_is_named),
        AGAINST_REDIS(missing_rights_are_named),
        AGAINST_REDIS(rights_that_are_given_later_are_found),
        AGAINST_REDIS(the_database_is_the_configured_one),
        AGAINST_REDIS(a_database_that_is_not_there_is_named),
        AGAINST_REDIS(a_replica_is_refused_until_it_is_a_master),
        AGAINST_REDIS(a_master_that_becomes_a_replica_is_left_at_once),
        AGAINST_REDIS(another_replication_id_is_another_redis),
        AGAINST_REDIS(a_full_redis_is_up_for_reading),
        AGAINST_REDIS(that_it_refuses_to_write_is_told_until_it_does_not),
        cmocka_unit_test(one_that_is_read_only_is_not_used),
        cmocka_unit_test(what_is_said_of_a_key_alone_is_not_a_refusal),
        AGAINST_REDIS(a_script_that_is_no_lua_is_named),
        AGAINST_REDIS(a_policy_that_may_evict_is_warned_of_once),
        AGAINST_REDIS(a_policy_that_evicts_nothing_is_not_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
