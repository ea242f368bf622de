/* SPDX-License-Identifier: ISC */
/* The configuration file: what it becomes, and what is said of one with a fault. */
#include "base/conf.h"

#include "../scratch.h"

static char error[512];

/* TEXT read as a configuration file; the caller frees what it becomes. */
static struct conf *load(struct scratch *scratch, const char *text)
{
    struct conf *conf = conf_load(scratch_write(scratch, "rollcall.conf", text, strlen(text)), error, sizeof error);
    assert_true((conf == NULL) == (error[0] != '\0'));
    return conf;
}

/* The same for TEXT that is good. */
static struct conf *load_good(struct scratch *scratch, const char *text)
{
    struct conf *conf = load(scratch, text);
    if (!conf)
        fail_msg("%s -> %s", text, error);
    return conf;
}

/* TEXT is refused, with PLACE (":LINE:") after the file's name and WORDS in the sentence. */
static void assert_refused(struct scratch *scratch, const char *text, const char *place, const char *words)
{
    struct conf *conf = load(scratch, text);
    char where[160];
    snprintf(where, sizeof where, "%s%s ", scratch->path, place);
    if (conf || strncmp(error, where, strlen(where)) != 0 || !strstr(error, words))
        fail_msg("%s -> %s, where \"%s\" and \"%s\" were expected", text, error, where, words);
}

static void an_empty_file_is_all_defaults(void **state)
{
    struct conf *conf = load_good(*state, "");
    assert_string_equal(conf->listen, "/run/rollcall/rollcall.sock");
    assert_int_equal(conf->listen_mode, 0660);
    assert_in_range(conf->workers, 1, 512);
    assert_string_equal(conf->database, "/var/lib/rollcall/rollcall.db");
    assert_string_equal(conf->redis.host, "127.0.0.1");
    assert_int_equal(conf->redis.port, 6379);
    assert_null(conf->redis.unix_path);
    assert_int_equal(conf->ttl_s, 60);
    assert_int_equal(conf->heartbeat_s, 30);
    assert_int_equal(conf->wait_s, 25);
    assert_int_equal(conf->gap_s, 10);
    assert_int_equal(conf->leave_grace_s, 5);
    assert_int_equal(conf->closed_grace_s, 8);
    assert_int_equal(conf->retention_s, 604800);
    assert_int_equal(conf->auth_count, 1);
    assert_int_equal(conf->auth[0], CONF_AUTH_TOKEN);
    assert_string_equal(conf->jwt.algorithm, "HS256");
    assert_string_equal(conf->jwt.key_file, "/etc/rollcall/jwt.key");
    assert_string_equal(conf->jwt.audience, "");
    assert_false(conf->jwt.provision);
    assert_int_equal(conf->cors_origin_count, 0);
    assert_int_equal(conf->rate_limit, 20);
    assert_int_equal(conf->backlog, 4096);
    assert_int_equal(conf->log_level, LOG_LEVEL_INFO);
    assert_int_equal(conf_line(conf, "listen"), 0);
    conf_free(conf);
}

static void every_option_is_taken(void **state)
{
    struct conf *conf = load_good(*state, "listen = \"[::1]:9000\"\nlisten_mode = 0600\nworkers = 3\n"
                                          "database = \"/srv/r.db\"\nredis = \"redis://ann:p%40ss@cache:6380/2\"\n"
                                          "ttl = 2 heartbeat = 1 wait = 1 gap = 1 leave_grace = 0 closed_grace = 1\n"
                                          "retention = 3600 rate_limit = 0 backlog = 7 log_level = \"debug\"\n"
                                          "auth = {\"remote_user\", \"token\", \"jwt\"}\n"
                                          "jwt { algorithm = \"ES256\"\nkey_file = \"/k\"\naudience = \"a\"\n"
                                          "provision = true }\n"
                                          "cors_origins = {\"https://A.example:443\", \"http://localhost:8080\"}\n");
    assert_string_equal(conf->listen, "[::1]:9000");
    assert_int_equal(conf->listen_mode, 0600);
    assert_int_equal(conf->workers, 3);
    assert_string_equal(conf->redis.host, "cache");
    assert_string_equal(conf->redis.password, "p@ss");
    assert_int_equal(conf->ttl_s, 2);
    assert_int_equal(conf->leave_grace_s, 0);
    assert_int_equal(conf->rate_limit, 0);
    assert_int_equal(conf->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(conf->auth_count, 3);
    assert_int_equal(conf->auth[0], CONF_AUTH_REMOTE_USER);
    assert_int_equal(conf->auth[2], CONF_AUTH_JWT);
    assert_string_equal(conf->jwt.algorithm, "ES256");
    assert_true(conf->jwt.provision);
    assert_int_equal(conf->cors_origin_count, 2);
    assert_string_equal(conf->cors_origins[0], "https://a.example");
    assert_string_equal(conf->cors_origins[1], "http://localhost:8080");
    conf_free(conf);
}

static void what_editors_on_other_systems_add_is_no_fault(void **state)
{
    struct conf *conf = load_good(*state, "\xef\xbb\xbfttl = 50\r\n# a comment\r\nlisten = \"/a\"\r\n");
    assert_int_equal(conf->ttl_s, 50);
    assert_string_equal(conf->listen, "/a");
    assert_int_equal(conf_line(conf, "listen"), 3);
    conf_free(conf);
    assert_refused(*state, "\xef\xbb\xbfttl = 60\nnonsense = 1\n", ":2:", "unknown option 'nonsense'");
    assert_refused(*state, "\xef\xbb\xbfttl = 60 \"x\n", ":1:", "never closed");
}

static void the_lines_of_paths_are_known(void **state)
{
    struct conf *conf =
        load_good(*state, "# a comment\nlisten = \"/a\"\n\ndatabase = \"/b\"\njwt {\n  key_file = \"/c\"\n}\n");
    assert_int_equal(conf_line(conf, "listen"), 2);
    assert_int_equal(conf_line(conf, "database"), 4);
    assert_int_equal(conf_line(conf, "key_file"), 6);
    assert_false(conf_fault(conf_at(conf, "database"), error, sizeof error, "%s is full", "/b"));
    assert_non_null(strstr(error, "rollcall.conf:4: database: /b is full"));
    conf_free(conf);
}

static void comments_do_not_move_the_lines(void **state)
{
    assert_refused(*state, "# one\n#two ## \n // three\n/* four\nfive */ ttl = 1", ":5:", "ttl");
    assert_refused(*state, "listen = \"/a#b/*c\" # \" {\nttl = 1", ":2:", "ttl");
    assert_refused(*state, "listen = '/a\"' redis = unix://x\nttl = 1", ":1:", "redis");
}

static void a_poll_leases_the_longer_of_wait_and_heartbeat_and_the_gap(void **state)
{
    struct conf *conf = load_good(*state, "wait = 25 heartbeat = 30 gap = 10");
    assert_int_equal(conf_poll_lease_ms(conf), 40000);
    conf_free(conf);
    conf = load_good(*state, "wait = 50 heartbeat = 30 gap = 10");
    assert_int_equal(conf_poll_lease_ms(conf), 60000);
    conf_free(conf);
}

static void an_unknown_option_is_named_with_its_line_and_the_nearest(void **state)
{
    assert_refused(*state, "ttl = 60\nhartbeat = 30\n", ":2:", "unknown option 'hartbeat'; did you mean 'heartbeat'?");
    assert_refused(*state, "database_path = \"/x\"\n", ":1:", "unknown option 'database_path'");
    /* If quotes are missing, values stand where names should; they may be passwords. */
    assert_refused(*state, "listen = \"/x\nredis = \"redis://u:pw@h\"\nlog_level = debug\"\n",
                   ":2:", "a quote missing");
    assert_refused(*state, "listen_mode = 06\"\nlog_level = \"debug\"\n\"\n", ":2:", "a quote missing");
    assert_refused(*state, "xyzzy = 1\n", ":1:", "rollcall.conf(5)");
    assert_refused(*state, "jwt {\n algoritm = \"HS256\"\n}\n", ":2:", "did you mean 'algorithm'?");
    assert_refused(*state, "\" \" = 1\n", ":1:", "");
}

static void numbers_out_of_range_are_refused(void **state)
{
    assert_refused(*state, "ttl = 1", ":1:", "ttl = 1 is out of range: the range is 2 to 86400 seconds");
    assert_refused(*state, "wait = 301", ":1:", "wait");
    assert_refused(*state, "gap = 0", ":1:", "gap");
    assert_refused(*state, "workers = -1", ":1:", "workers");
    assert_refused(*state, "backlog = 0", ":1:", "backlog");
    assert_refused(*state, "listen_mode = 01777", ":1:", "octal");
    assert_refused(*state, "rate_limit = 99999999999999999999", ":1:", "rate_limit");
}

static void numbers_that_are_none_are_refused(void **state)
{
    assert_refused(*state, "ttl = \"soon\"", ":1:", "write a whole number");
    assert_refused(*state, "ttl = 60s", ":1:", "write a whole number");
    assert_refused(*state, "\nttl =\n", ":3:", "premature end of file");
}

static void a_heartbeat_must_come_within_a_lease(void **state)
{
    assert_refused(*state, "ttl = 10\nheartbeat = 10\n", ":2:", "heartbeat (10) must be less than ttl (10)");
    assert_refused(*state, "\nttl = 20\n", ":2:", "heartbeat (30) must be less than ttl (20)");
}

static void ways_to_tell_who_asks_are_known_ones_each_once(void **state)
{
    assert_refused(*state, "auth = {\"token\", \"basic\"}", ":1:", "\"token\", \"jwt\" and \"remote_user\"");
    assert_refused(*state, "auth = {\"token\", \"token\"}", ":1:", "once");
    assert_refused(*state, "ttl = 60\nauth = {}", ":", "at least one");
}

static void addresses_are_checked(void **state)
{
    assert_refused(*state, "listen = \"rollcall.sock\"", ":1:", "absolute path");
    assert_refused(*state, "listen = \"127.0.0.1:\"", ":1:", "port");
    assert_refused(*state, "listen = \"::1:9000\"", ":1:", "brackets");
    assert_refused(*state, "database = \"rollcall.db\"", ":1:", "absolute path");
    assert_refused(*state, "redis = \"localhost\"", ":1:", "redis: it begins with unix:");
    assert_refused(*state, "cors_origins = {\"https://a.example/app\"}", ":1:", "cors_origins: an origin has no path");
    assert_refused(*state, "log_level = \"loud\"", ":1:", "\"debug\"");
    assert_refused(*state, "jwt {\n\n algorithm = \"none\" }", ":3:", "HS256");
}

static void a_long_socket_path_is_refused(void **state)
{
    char text[200];
    snprintf(text, sizeof text, "listen = \"/%0107d\"", 0);
    assert_refused(*state, text, ":1:", "107 bytes");
}

static void a_password_is_never_repeated(void **state)
{
    assert_refused(*state, "redis = \"redis://ann:hunter2@host:99999/0\"", ":1:", "port");
    assert_null(strstr(error, "hunter2"));
    assert_refused(*state, "redis = \"redis://ann:hunter2%zz@host/0\"", ":1:", "percent-encoded");
    assert_null(strstr(error, "hunter2"));
}

static void what_is_no_configuration_is_refused(void **state)
{
    struct scratch *scratch = *state;
    assert_refused(scratch, "ttl = 60\nheartbeat 30\n", ":2:", "");
    assert_refused(scratch, "ttl = 60\njwt {\n", ":2:", "never closed");
    assert_refused(scratch, "# }\n\nauth = {\"}\"\n", ":3:", "never closed");
    assert_refused(scratch, "listen = \"/a\n", ":1:", "never closed with a quote");
    assert_refused(scratch, "\n/* listen\n", ":2:", "comment");
    assert_null(conf_load(scratch_path(scratch, "missing.conf"), error, sizeof error));
    assert_non_null(strstr(error, "missing.conf: cannot be read: No such file"));
    assert_null(conf_load(scratch->dir, error, sizeof error));
    assert_non_null(strstr(error, "cannot be read: Is a directory"));
    assert_null(conf_load(scratch_write(scratch, "nul.conf", "ttl = 60\0x", 10), error, sizeof error));
    assert_non_null(strstr(error, "is not a text file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_file_is_all_defaults, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(every_option_is_taken, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_editors_on_other_systems_add_is_no_fault, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_lines_of_paths_are_known, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(comments_do_not_move_the_lines, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_poll_leases_the_longer_of_wait_and_heartbeat_and_the_gap, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_option_is_named_with_its_line_and_the_nearest, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(numbers_out_of_range_are_refused, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(numbers_that_are_none_are_refused, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_heartbeat_must_come_within_a_lease, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(ways_to_tell_who_asks_are_known_ones_each_once, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(addresses_are_checked, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_long_socket_path_is_refused, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_password_is_never_repeated, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_configuration_is_refused, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
