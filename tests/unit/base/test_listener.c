/* SPDX-License-Identifier: ISC */
/* Listening sockets: what is bound, what is in the way, what is left behind. */
#include "base/listener.h"

#include "base/conf_options.h"

#include "../scratch.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static char error[512];

/* A configuration whose seventh line sets LISTEN. */
static struct conf conf_for(const char *listen)
{
    static unsigned lines[CONF_OPTIONS_MAX];
    lines[conf_option_find(NULL, "listen") - conf_options] = 7;
    return (struct conf){
        .path = "rollcall.conf", .listen = (char *)listen, .listen_mode = 0620, .backlog = 16, .lines = lines};
}

/* Whether a client gets through to PATH. */
static bool answers(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return ok;
}

static struct listener open_good(const struct conf *conf)
{
    struct listener listener;
    if (!listener_open(&listener, conf, error, sizeof error))
        fail_msg("%s", error);
    return listener;
}

static void a_unix_socket_has_its_mode_and_goes_when_it_is_closed(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener listener = open_good(&conf);
    struct stat about;
    assert_int_equal(stat(conf.listen, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0620);
    assert_true(answers(conf.listen));
    listener_close(&listener);
    assert_int_not_equal(stat(conf.listen, &about), 0);
    assert_int_equal(listener.fd, -1);
}

/* Files made within one tick of the kernel's clock look alike. */
static bool the_clock_has_moved(void *ctx)
{
    const struct timespec *since = ctx;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec != since->tv_sec || now.tv_nsec != since->tv_nsec;
}

static void a_stale_socket_is_replaced(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener dead = open_good(&conf);
    close(dead.fd);
    assert_false(answers(conf.listen));
    assert_true(scratch_until(the_clock_has_moved, &dead.made));
    struct listener listener = open_good(&conf);
    assert_true(answers(conf.listen));
    /* The dead one's file no longer exists: closing it must not remove the living one's. */
    dead.fd = -1;
    listener_close(&dead);
    assert_true(answers(conf.listen));
    listener_close(&listener);
}

static void a_socket_that_is_served_is_left_alone(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener listener = open_good(&conf);
    struct listener second;
    assert_false(listener_open(&second, &conf, error, sizeof error));
    assert_non_null(strstr(error, "rollcall.conf:7: listen: another process serves on"));
    assert_true(answers(conf.listen));
    listener_close(&listener);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct conf conf = conf_for(scratch_write(*state, "s", "mine", 4));
    struct listener listener;
    assert_false(listener_open(&listener, &conf, error, sizeof error));
    assert_non_null(strstr(error, "is not a socket"));
    assert_int_equal(access(conf.listen, F_OK), 0);
}

static void a_missing_directory_is_said(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "missing/s"));
    struct listener listener;
    assert_false(listener_open(&listener, &conf, error, sizeof error));
    assert_non_null(strstr(error, "does not exist; create it"));
    assert_int_equal(listener.fd, -1);
}

static void a_tcp_port_that_is_taken_is_said(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(taken, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(taken, 1), 0);
    assert_int_equal(getsockname(taken, (struct sockaddr *)&address, &size), 0);
    char text[32];
    snprintf(text, sizeof text, "127.0.0.1:%d", ntohs(address.sin_port));
    struct conf conf = conf_for(text);
    struct listener listener;
    assert_false(listener_open(&listener, &conf, error, sizeof error));
    assert_non_null(strstr(error, "another process serves on 127.0.0.1:"));
    close(taken);
    listener = open_good(&conf);
    assert_null(listener.path);
    listener_close(&listener);
}

static void what_others_can_reach_is_warned_of(void **state)
{
    (void)state;
    static const char *const exposed[] = {"0.0.0.0:9077", "[::]:9077", "192.0.2.1:9077", "[2001:db8::1]:9077"};
    static const char *const own[] = {"127.0.0.1:9077", "127.1.2.3:9077", "[::1]:9077", "/run/rollcall.sock"};
    for (size_t i = 0; i < sizeof exposed / sizeof exposed[0]; i++) {
        struct conf conf = conf_for(exposed[i]);
        if (!listener_exposed(&conf, error, sizeof error))
            fail_msg("%s", exposed[i]);
        assert_non_null(strstr(error, "rollcall.conf:7: listen: anyone who reaches"));
        assert_non_null(strstr(error, exposed[i]));
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        struct conf conf = conf_for(own[i]);
        if (listener_exposed(&conf, error, sizeof error))
            fail_msg("%s", own[i]);
    }
    struct conf conf = conf_for("/run/rollcall.sock");
    conf.listen_mode = 0666;
    assert_true(listener_exposed(&conf, error, sizeof error));
    assert_non_null(strstr(error, "every user of this machine"));
}

static void an_update_changes_the_mode(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener listener = open_good(&conf);
    conf.listen_mode = 0600;
    listener_update(&listener, &conf);
    struct stat about;
    assert_int_equal(stat(conf.listen, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    listener_close(&listener);
}

static void a_socket_at_descriptor_0_is_inherited_and_its_file_stays(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener parent = open_good(&conf);
    int stdin_before = dup(STDIN_FILENO);
    dup2(parent.fd, STDIN_FILENO);
    struct listener inherited;
    assert_int_equal(listener_inherit(&inherited, error, sizeof error), 1);
    assert_true(inherited.inherited);
    assert_true(inherited.fd > STDERR_FILENO);
    assert_int_equal(read(STDIN_FILENO, error, 1), 0); /* /dev/null in its place */
    listener_close(&inherited);
    assert_true(answers(conf.listen));
    dup2(stdin_before, STDIN_FILENO);
    close(stdin_before);
    listener_close(&parent);
}

static void a_plain_stdin_is_no_socket(void **state)
{
    (void)state;
    int stdin_before = dup(STDIN_FILENO);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    close(null);
    struct listener listener;
    assert_int_equal(listener_inherit(&listener, error, sizeof error), 0);
    dup2(stdin_before, STDIN_FILENO);
    close(stdin_before);
}

static void a_promised_socket_that_is_none_is_an_error(void **state)
{
    (void)state;
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    struct listener listener;
    assert_int_equal(listener_inherit(&listener, error, sizeof error), -1);
    assert_non_null(strstr(error, "systemd passed 2 sockets"));
    assert_null(getenv("LISTEN_FDS"));
}

/* The socket that systemd passes stands at descriptor 3, which the test driver may use itself. */
static int take_from_systemd(void *ctx)
{
    const struct listener *parent = ctx;
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    dup2(parent->fd, 3);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    struct listener listener;
    if (listener_inherit(&listener, error, sizeof error) != 1 || listener.fd != 3 || !listener.inherited)
        return 3;
    return fcntl(3, F_GETFD) & FD_CLOEXEC ? 0 : 4;
}

static void a_socket_that_systemd_passes_is_inherited(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener parent = open_good(&conf);
    scratch_as_other(take_from_systemd, &parent);
    listener_close(&parent);
}

static void variables_for_another_process_do_not_count(void **state)
{
    (void)state;
    int stdin_before = dup(STDIN_FILENO);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    close(null);
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    struct listener listener;
    assert_int_equal(listener_inherit(&listener, error, sizeof error), 0);
    setenv("LISTEN_PID", "1", 1);
    assert_int_equal(listener_inherit(&listener, error, sizeof error), 0);
    dup2(stdin_before, STDIN_FILENO);
    close(stdin_before);
}

/* Expects that LISTEN cannot be opened, and that the error has WHAT. */
static void assert_refused(const char *listen, const char *what)
{
    struct conf conf = conf_for(listen);
    struct listener listener;
    assert_false(listener_open(&listener, &conf, error, sizeof error));
    if (!strstr(error, what))
        fail_msg("\"%s\" is not in \"%s\"", what, error);
}

static void an_address_that_is_none_or_not_ours_is_said(void **state)
{
    (void)state;
    assert_refused("127.0.0.1", "rollcall.conf:7: listen: ");
    assert_refused("no-host.invalid:1234", "no-host.invalid is not an address of this machine: ");
    assert_refused("192.0.2.1:1234", "cannot bind 192.0.2.1:1234: ");
}

static void an_ipv6_address_is_listened_at(void **state)
{
    (void)state;
    struct sockaddr_in6 free_one = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = sizeof free_one;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool here = fd >= 0 && bind(fd, (const struct sockaddr *)&free_one, len) == 0 &&
                getsockname(fd, (struct sockaddr *)&free_one, &len) == 0;
    close(fd);
    if (!here)
        skip();
    char address[32];
    snprintf(address, sizeof address, "[::1]:%u", (unsigned)ntohs(free_one.sin6_port));
    struct conf conf = conf_for(address);
    struct listener listener = open_good(&conf);
    listener_close(&listener);
}

static int expect_no_place(void *ctx)
{
    struct scratch *scratch = ctx;
    struct conf conf = conf_for(scratch_path(scratch, "locked/new"));
    struct listener listener;
    if (listener_open(&listener, &conf, error, sizeof error) || !strstr(error, "permission denied for "))
        return 3;
    conf = conf_for(scratch_path(scratch, "locked/stale"));
    if (listener_open(&listener, &conf, error, sizeof error) || !strstr(error, "cannot remove the stale socket "))
        return 4;
    return 0;
}

static void a_directory_of_others_is_said(void **state)
{
    struct scratch *scratch = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_int_equal(chmod(scratch->dir, 0755), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "locked"), 0755), 0);
    const char *path = scratch_path(scratch, "locked/stale");
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(chmod(scratch_path(scratch, "locked"), 0555), 0);
    scratch_as_other(expect_no_place, scratch);
}

/* ---- what is used up, or not what it should be ---- */

/* From now on this process gets LEFT more descriptors, and no others. */
static void leave_descriptors(rlim_t left)
{
    struct rlimit limit;
    int next = dup(STDERR_FILENO);
    close(next);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)next + left;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* Whether opening LISTEN fails, and the error has WHAT. */
static bool is_refused(const char *listen, const char *what)
{
    struct conf conf = conf_for(listen);
    struct listener listener;
    return !listener_open(&listener, &conf, error, sizeof error) && listener.fd == -1 && strstr(error, what);
}

static int open_without_descriptors(void *ctx)
{
    leave_descriptors(0);
    return is_refused(ctx, "rollcall.conf:7: listen: cannot create a socket: Too many open files") ? 0 : 3;
}

static void descriptors_that_are_used_up_are_said(void **state)
{
    scratch_as_other(open_without_descriptors, (void *)scratch_path(*state, "s"));
    scratch_as_other(open_without_descriptors, "127.0.0.1:9077");
}

static int open_with_one_descriptor(void *ctx)
{
    leave_descriptors(1);
    return is_refused(ctx, "another process serves on") ? 0 : 3;
}

static void a_socket_that_nobody_can_ask_is_left_alone(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener dead = open_good(&conf);
    close(dead.fd);
    assert_int_equal(chmod(((struct scratch *)*state)->dir, 0777), 0);
    scratch_as_other(open_with_one_descriptor, (void *)conf.listen);
    assert_int_equal(access(conf.listen, F_OK), 0);
    dead.fd = -1;
    listener_close(&dead);
}

static int inherit_without_descriptors(void *ctx)
{
    const struct listener *parent = ctx;
    dup2(parent->fd, STDIN_FILENO);
    leave_descriptors(0);
    struct listener listener;
    if (listener_inherit(&listener, error, sizeof error) != -1)
        return 3;
    return strstr(error, "cannot use the socket at descriptor 0: ") ? 0 : 4;
}

static void a_socket_at_descriptor_0_needs_another_one(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener parent = open_good(&conf);
    scratch_as_other(inherit_without_descriptors, &parent);
    listener_close(&parent);
}

static int take_what_does_not_listen(void *ctx)
{
    (void)ctx;
    char pid[32];
    struct listener listener;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    dup2(socket(AF_UNIX, SOCK_STREAM, 0), 3);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    if (listener_inherit(&listener, error, sizeof error) != -1)
        return 3;
    return strstr(error, "use one ListenStream= in the .socket unit") ? 0 : 4;
}

static void a_socket_of_systemd_has_to_be_listened_at(void **state)
{
    (void)state;
    scratch_as_other(take_what_does_not_listen, NULL);
}

static void a_file_in_the_place_of_the_directory_is_said(void **state)
{
    scratch_write(*state, "file", "", 0);
    assert_refused(scratch_path(*state, "file/s"), ": Not a directory");
}

static void a_name_that_leads_nowhere_is_not_called_exposed(void **state)
{
    (void)state;
    struct conf conf = conf_for("no-host.invalid:9077");
    assert_false(listener_exposed(&conf, error, sizeof error));
}

static void a_socket_whose_file_was_removed_is_served_on_with_a_warning(void **state)
{
    struct conf conf = conf_for(scratch_path(*state, "s"));
    struct listener listener = open_good(&conf);
    assert_int_equal(unlink(conf.listen), 0);
    int stderr_before = dup(STDERR_FILENO);
    int fd = open(scratch_path(*state, "log"), O_RDWR | O_CREAT, 0600);
    dup2(fd, STDERR_FILENO);
    listener_update(&listener, &conf);
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    ssize_t len = pread(fd, error, sizeof error - 1, 0);
    close(fd);
    error[len > 0 ? len : 0] = '\0';
    assert_non_null(strstr(error, "listen_mode: cannot change the permissions of "));
    assert_null(strstr(error, "backlog"));
    listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_unix_socket_has_its_mode_and_goes_when_it_is_closed, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_socket_that_is_served_is_left_alone, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_socket_is_left_alone, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_missing_directory_is_said, scratch_setup, scratch_teardown),
        cmocka_unit_test(a_tcp_port_that_is_taken_is_said),
        cmocka_unit_test(what_others_can_reach_is_warned_of),
        cmocka_unit_test_setup_teardown(an_update_changes_the_mode, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_socket_at_descriptor_0_is_inherited_and_its_file_stays, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(a_plain_stdin_is_no_socket),
        cmocka_unit_test_setup_teardown(a_socket_that_systemd_passes_is_inherited, scratch_setup, scratch_teardown),
        cmocka_unit_test(variables_for_another_process_do_not_count),
        cmocka_unit_test(an_address_that_is_none_or_not_ours_is_said),
        cmocka_unit_test(an_ipv6_address_is_listened_at),
        cmocka_unit_test_setup_teardown(a_directory_of_others_is_said, scratch_setup, scratch_teardown),
        cmocka_unit_test(a_promised_socket_that_is_none_is_an_error),
        cmocka_unit_test_setup_teardown(descriptors_that_are_used_up_are_said, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_socket_that_nobody_can_ask_is_left_alone, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_socket_at_descriptor_0_needs_another_one, scratch_setup, scratch_teardown),
        cmocka_unit_test(a_socket_of_systemd_has_to_be_listened_at),
        cmocka_unit_test_setup_teardown(a_file_in_the_place_of_the_directory_is_said, scratch_setup, scratch_teardown),
        cmocka_unit_test(a_name_that_leads_nowhere_is_not_called_exposed),
        cmocka_unit_test_setup_teardown(a_socket_whose_file_was_removed_is_served_on_with_a_warning, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
