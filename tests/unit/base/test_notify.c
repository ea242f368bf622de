/* SPDX-License-Identifier: ISC */
/* What a service manager hears, on a socket of the test's own. */
#include "base/notify.h"

#include "../scratch.h"

#include <sys/socket.h>
#include <sys/un.h>

/* A manager's socket at PATH; "@NAME" is an abstract one. */
static int manager(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (*path == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

/* The next message on FD; "" for none. */
static const char *heard(int fd)
{
    static char text[128];
    ssize_t len = recv(fd, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void a_manager_hears_each_state(void **state)
{
    int fd = manager(scratch_path(*state, "notify"));
    struct notify notify;
    notify_init(&notify);
    notify_send(&notify, "READY=1");
    assert_string_equal(heard(fd), "READY=1");
    notify_reloading(&notify);
    assert_int_equal(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    notify_fini(&notify);
    close(fd);
}

static void an_abstract_socket_is_reached(void **state)
{
    char name[80];
    snprintf(name, sizeof name, "@%s", ((struct scratch *)*state)->dir);
    int fd = manager(name);
    struct notify notify;
    notify_init(&notify);
    notify_send(&notify, "STOPPING=1");
    assert_string_equal(heard(fd), "STOPPING=1");
    notify_fini(&notify);
    close(fd);
}

static void workers_inherit_nothing_of_it(void **state)
{
    close(manager(scratch_path(*state, "notify")));
    setenv("WATCHDOG_USEC", "3000000", 1);
    struct notify notify;
    notify_init(&notify);
    assert_in_range(notify.watchdog_ms, 1000, 1501);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    notify_fini(&notify);
}

static void another_process_s_watchdog_is_not_ours(void **state)
{
    (void)state;
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    struct notify notify;
    notify_init(&notify);
    assert_int_equal(notify.watchdog_ms, 0);
    assert_null(notify.socket);
    notify_send(&notify, "READY=1");
    notify_fini(&notify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_manager_hears_each_state, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(an_abstract_socket_is_reached, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(workers_inherit_nothing_of_it, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(another_process_s_watchdog_is_not_ours, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
