/* SPDX-License-Identifier: ISC */
/* Connecting to hosts that are of no use: how long that takes, and what is said. */
#include "record/pg.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Takes connections, as far as the kernel does, and says nothing. */
struct mute {
    int fd;
    int port;
};

static struct mute mute_open(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    struct mute mute = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    assert_return_code(bind(mute.fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_return_code(listen(mute.fd, 8), 0);
    assert_return_code(getsockname(mute.fd, (struct sockaddr *)&at, &size), 0);
    mute.port = ntohs(at.sin_port);
    return mute;
}

static void needs_libpq(void)
{
    char error[200];

    if (!pg_url_ok("postgresql://x@127.0.0.1/d", error, sizeof error))
        skip();
}

static void a_stop_ends_the_wait_for_hosts_that_hang(void **state)
{
    struct mute mute = mute_open();
    int stop_fd = eventfd(1, EFD_CLOEXEC);
    char url[200];

    (void)state;
    needs_libpq();
    snprintf(url, sizeof url, "postgresql://x@127.0.0.1:%d,127.0.0.1:%d/d?connect_timeout=60", mute.port, mute.port);
    struct pg *pg = pg_new(url);
    int64_t began_ms = clock_mono_ms();
    pg_stop_at(pg, stop_fd);
    assert_false(pg_open(pg));
    assert_true(clock_mono_ms() - began_ms < 10000);
    assert_string_equal(pg_error(pg), "it was stopped");
    assert_int_equal(pg_fd(pg), -1);
    pg_free(pg);
    close(stop_fd);
    close(mute.fd);
}

static void what_each_host_answers_is_said(void **state)
{
    struct mute mute = mute_open();
    char url[200];
    char silent[80];

    (void)state;
    needs_libpq();
    snprintf(url, sizeof url, "postgresql://x@127.0.0.1:1,127.0.0.1:%d/d?connect_timeout=1", mute.port);
    snprintf(silent, sizeof silent, "no answer within 2 s from \"127.0.0.1\", port %d", mute.port);
    struct pg *pg = pg_new(url);
    assert_false(pg_open(pg));
    assert_non_null(strstr(pg_error(pg), "Connection refused"));
    assert_non_null(strstr(pg_error(pg), silent));
    pg_free(pg);
    close(mute.fd);
}

/* Whether opening URL says that port FIRST of one host and port SECOND of the other refuse. */
static void expect_two_tries(const char *url, const char *first, const char *second)
{
    struct pg *pg = pg_new(url);

    assert_false(pg_open(pg));
    const char *one = strstr(pg_error(pg), first);
    if (!one || !strstr(one + 1, second))
        fail_msg("%s: %s", url, pg_error(pg));
    pg_free(pg);
}

static void a_host_without_a_port_is_tried_at_the_default_port(void **state)
{
    (void)state;
    needs_libpq();
    setenv("PGPORT", "3", 1);
    expect_two_tries("postgresql://x@127.0.0.1,127.0.0.2/d", "\"127.0.0.1\", port 3", "\"127.0.0.2\", port 3");
    expect_two_tries("postgresql://x@127.0.0.1:1,127.0.0.2/d", "\"127.0.0.1\", port 1", "\"127.0.0.2\", port 3");
    expect_two_tries("postgresql://x@127.0.0.1,127.0.0.2:1/d", "\"127.0.0.1\", port 3", "\"127.0.0.2\", port 1");
    expect_two_tries("postgresql:///d?hostaddr=127.0.0.1,127.0.0.2&port=1", "\"127.0.0.1\", port 1",
                     "\"127.0.0.2\", port 1");
    unsetenv("PGPORT");
}

static void an_empty_address_is_that_of_its_host(void **state)
{
    (void)state;
    needs_libpq();
    expect_two_tries("postgresql://x@127.0.0.1,127.0.0.2/d?hostaddr=,127.0.0.3&port=1", "\"127.0.0.1\", port 1",
                     "\"127.0.0.3\", port 1");
}

static void a_wrong_value_is_found_whatever_the_hosts(void **state)
{
    static const char *const hosts[] = {"x@a/d?", "x@a,b/d?", "x@a:1,b/d?", "x@a,b:1/d?", "/d?hostaddr=127.0.0.1,&"};
    char url[200];
    char error[200];

    (void)state;
    needs_libpq();
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        snprintf(url, sizeof url, "postgresql://%ssslmode=bogus", hosts[i]);
        assert_false(pg_url_ok(url, error, sizeof error));
        assert_non_null(strstr(error, "its sslmode= is not"));
        snprintf(url, sizeof url, "postgresql://%ssslmode=disable", hosts[i]);
        assert_true(pg_url_ok(url, error, sizeof error));
    }
}

static void a_parameter_that_is_unknown_or_no_number_is_named_and_no_password_told(void **state)
{
    static const struct {
        const char *url, *said;
    } rows[] = {
        {"postgresql://x:secret@a/d?conect_timeout=5", "does not know its parameter conect_timeout="},
        {"postgresql:///d?host=/s&bogus=1", "does not know its parameter bogus="},
        {"postgresql://x@a/d?connect_timeout=abc", "its connect_timeout= is not a number"},
        {"postgresql://x@a/d?keepalives_idle=x", "its keepalives_idle= is not a number"},
        {"postgresql://x@a/d?tcp_user_timeout=99999999999", "its tcp_user_timeout= is not a number"},
        {"postgresql://x@a/d?sslmode=disable&password=secret&secret=1", "it cannot be read"},
        {"postgresql://x:a?secret=b%@a/d", "it cannot be read"},
        {"postgresql://x@a/d?password=a?secret=b@c&bogus=1", "it cannot be read"},
    };
    char error[300];

    (void)state;
    needs_libpq();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(pg_url_ok(rows[i].url, error, sizeof error));
        if (!strstr(error, rows[i].said) || strstr(error, "secret"))
            fail_msg("%s: %s", rows[i].url, error);
    }
    assert_true(pg_url_ok("postgresql://x@a/d?connect_timeout=5&keepalives=0&ssl=true", error, sizeof error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_ends_the_wait_for_hosts_that_hang),
        cmocka_unit_test(what_each_host_answers_is_said),
        cmocka_unit_test(a_host_without_a_port_is_tried_at_the_default_port),
        cmocka_unit_test(an_empty_address_is_that_of_its_host),
        cmocka_unit_test(a_wrong_value_is_found_whatever_the_hosts),
        cmocka_unit_test(a_parameter_that_is_unknown_or_no_number_is_named_and_no_password_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
