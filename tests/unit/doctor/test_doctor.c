/* SPDX-License-Identifier: ISC */
/* What the doctor says of this machine: the configuration, the database, the socket. Redis is nowhere here. */
#include "doctor/doctor.h"

#include "base/conf.h"

#include "../scratch.h"

#include <sys/socket.h>
#include <sys/un.h>

static char said[8192];

/* Runs the doctor and keeps what it prints in SAID. */
static bool run(struct scratch *scratch, const struct conf *conf, const char *url)
{
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    int fd = open(scratch_path(scratch, "said"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    bool well = doctor_run(conf, url, "/there");
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    ssize_t len = pread(fd, said, sizeof said - 1, 0);
    close(fd);
    assert_true(len > 0);
    said[len] = '\0';
    return well;
}

/* Whether all is well with a configuration that names LISTEN and DATABASE, each in the directory unless it has a colon. */
static bool examine(struct scratch *scratch, const char *listen, const char *database, const char *url)
{
    char text[1024];
    char error[512];
    snprintf(text, sizeof text,
             "listen = \"%s%s%s\"\ndatabase = \"%s/%s\"\nredis = \"unix:%s/redis\"\nauth = {\"token\"}\n",
             strchr(listen, ':') ? "" : scratch->dir, strchr(listen, ':') ? "" : "/", listen, scratch->dir, database,
             scratch->dir);
    struct conf *conf = conf_load(scratch_write(scratch, "rollcall.conf", text, strlen(text)), error, sizeof error);
    if (!conf)
        fail_msg("%s", error);
    bool well = run(scratch, conf, url);
    conf_free(conf);
    return well;
}

static void assert_said(const char *what)
{
    if (!strstr(said, what))
        fail_msg("\"%s\" is not in:\n%s", what, said);
}

/* A socket "s" of MODE, which is listened at, or no longer. The result is its descriptor, or -1. */
static int make_socket(struct scratch *scratch, mode_t mode, bool listened)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = scratch_path(scratch, "s");
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(chmod(address.sun_path, mode), 0);
    if (listened)
        return fd;
    close(fd);
    return -1;
}

static void a_database_that_is_not_there_yet_is_no_fault_but_no_site_is_checked_without_it(void **state)
{
    int fd = make_socket(*state, 0660, true);
    assert_false(examine(*state, "s", "db", "http://127.0.0.1:1/presence"));
    assert_said("does not exist yet; rollcalld creates it when it starts");
    assert_said("http://127.0.0.1:1/presence was not checked: without a database no token can be created");
    assert_said("is served");
    close(fd);
}

static void a_database_that_is_none_is_bad(void **state)
{
    scratch_write(*state, "db", "this is no database, and was never meant to be one by anybody", 61);
    assert_false(examine(*state, "s", "db", NULL));
    assert_said("BAD  database ");
    assert_said("is rollcalld running?");
}

static void a_directory_that_is_missing_is_bad(void **state)
{
    assert_false(examine(*state, "s", "none/db", NULL));
    assert_said("BAD  configuration ");
    assert_said("create it for this user");
}

static void a_port_is_open_to_all_who_reach_it(void **state)
{
    examine(*state, "127.0.0.1:1", "db", NULL);
    assert_said("anyone who can reach 127.0.0.1:1 can send requests as any user");
}

static void a_socket_that_nobody_listens_at_is_bad(void **state)
{
    make_socket(*state, 0660, false);
    assert_false(examine(*state, "s", "db", NULL));
    assert_said("Connection refused; start rollcalld");
}

static void who_may_connect_is_said(void **state)
{
    int fd = make_socket(*state, 0600, true);
    examine(*state, "s", "db", NULL);
    assert_said("only its owner can connect: the web server must run as that user");
    assert_int_equal(chmod(scratch_path(*state, "s"), 0666), 0);
    examine(*state, "s", "db", NULL);
    assert_said("every user of this machine can connect");
    assert_int_equal(chmod(scratch_path(*state, "s"), 0660), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(scratch_path(*state, "s"), 0, 4242424), 0);
        examine(*state, "s", "db", NULL);
        assert_said("group without a name (which lists no members)");
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_database_that_is_not_there_yet_is_no_fault_but_no_site_is_checked_without_it,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_is_none_is_bad, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_directory_that_is_missing_is_bad, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_port_is_open_to_all_who_reach_it, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_socket_that_nobody_listens_at_is_bad, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(who_may_connect_is_said, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
