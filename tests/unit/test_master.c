/* SPDX-License-Identifier: ISC */
/*
 * The master and its signals, in processes of their own. Its workers tell their pid to whoever connects, and end on SIGTERM,
 * unless the configuration wants them stubborn or unable to begin: by rate_limit, which nobody here needs.
 */
#include "master.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/listener.h"
#include "base/log.h"
#include "base/signals.h"
#include "shared_page.h"

#include "scratch.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

struct stage {
    struct scratch *scratch;
    char conf[128];
    char socket[128];
    pid_t master;
    pid_t workers[8]; /* as seen so far */
    size_t seen;
};

/* ---- a worker ---- */

enum { UNABLE = 666, STUBBORN = 999 };

static volatile sig_atomic_t told_to_end;

static void on_term(int signal_number)
{
    (void)signal_number;
    told_to_end = 1;
}

static int tell_pid(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot)
{
    if (conf->rate_limit == UNABLE)
        return 1;
    bool stubborn = conf->rate_limit == STUBBORN;
    struct sigaction action = {.sa_handler = stubborn ? SIG_IGN : on_term};
    sigaction(SIGTERM, &action, NULL);
    signals_release();
    while (!told_to_end) {
        shared_page_beat(page, slot);
        struct pollfd ready = {.fd = listen_fd, .events = POLLIN};
        int client = poll(&ready, 1, 5) > 0 ? accept(listen_fd, NULL, NULL) : -1;
        pid_t pid = getpid();
        if (client < 0)
            continue;
        (void)!write(client, &pid, sizeof pid);
        close(client);
    }
    return 0;
}

/* ---- the stage ---- */

/* Writes the configuration with EXTRA options. */
static void configure(struct stage *self, const char *extra)
{
    char text[512];
    snprintf(text, sizeof text, "listen = \"%s\"\ndatabase = \"%s/db\"\nworkers = 1\nlog_level = \"error\"\n%s\n",
             self->socket, self->scratch->dir, extra);
    scratch_write(self->scratch, "rollcall.conf", text, strlen(text));
}

static void be_master(const struct stage *self)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* What it logs is kept for a look after a failure, and else gone with the directory. */
    int log = open(scratch_path(self->scratch, "log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDERR_FILENO);
    char error[512];
    struct listener listener;
    struct conf *conf = conf_load(self->conf, error, sizeof error);
    if (!conf || !listener_open(&listener, conf, error, sizeof error))
        _exit(99);
    log_set_level(conf->log_level);
    _exit(master_run(conf, &listener, &(struct children_mains){.work = tell_pid}));
}

/* The pid of the worker that answers, or 0. */
static pid_t ask(struct stage *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, self->socket, strlen(self->socket));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    pid_t pid = 0;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 || read(fd, &pid, sizeof pid) != sizeof pid)
        pid = 0;
    close(fd);
    return pid;
}

/* Whether a worker answers that did not before. */
static bool a_new_worker_answers(void *ctx)
{
    struct stage *self = ctx;
    pid_t pid = ask(self);
    for (size_t i = 0; i < self->seen; i++)
        if (pid == self->workers[i])
            return false;
    if (pid > 0)
        self->workers[self->seen++] = pid;
    return pid > 0;
}

static int setup(void **state)
{
    struct stage *self = calloc(1, sizeof *self);
    scratch_setup((void **)&self->scratch);
    strcpy(self->conf, scratch_path(self->scratch, "rollcall.conf"));
    strcpy(self->socket, scratch_path(self->scratch, "socket"));
    *state = self;
    return 0;
}

static void start(struct stage *self, const char *extra)
{
    configure(self, extra);
    self->master = fork();
    if (self->master == 0)
        be_master(self);
    assert_true(scratch_until(a_new_worker_answers, self));
}

static int teardown(void **state)
{
    struct stage *self = *state;
    if (self->master > 0) {
        kill(self->master, SIGKILL);
        waitpid(self->master, NULL, 0);
    }
    for (size_t i = 0; i < self->seen; i++)
        kill(self->workers[i], SIGKILL);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    scratch_teardown((void **)&self->scratch);
    free(self);
    return 0;
}

/* Waits for the master's end; its status. */
static int ended(struct stage *self)
{
    int status = -1;
    waitpid(self->master, &status, 0);
    self->master = 0;
    return status;
}

static bool is_gone(void *ctx)
{
    return kill(*(const pid_t *)ctx, 0) != 0;
}

/* ---- tests ---- */

static void sigterm_ends_all_with_status_0_and_takes_the_socket_away(void **state)
{
    struct stage *self = *state;
    start(self, "");
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
    assert_true(is_gone(&self->workers[0]));
    assert_int_not_equal(access(self->socket, F_OK), 0);
}

static void sigint_is_the_same(void **state)
{
    struct stage *self = *state;
    start(self, "");
    kill(self->master, SIGINT);
    assert_int_equal(ended(self), 0);
    assert_int_not_equal(access(self->socket, F_OK), 0);
}

static void two_sigterms_are_as_good_as_one(void **state)
{
    struct stage *self = *state;
    start(self, "");
    kill(self->master, SIGTERM);
    poll(NULL, 0, 10);
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
}

static void a_sigterm_during_the_start_is_not_lost(void **state)
{
    struct stage *self = *state;
    configure(self, "");
    self->master = fork();
    if (self->master == 0) {
        signals_hold();
        raise(SIGTERM);
        be_master(self);
    }
    assert_int_equal(ended(self), 0);
    assert_int_not_equal(access(self->socket, F_OK), 0);
}

static void a_worker_that_dies_is_replaced(void **state)
{
    struct stage *self = *state;
    start(self, "");
    for (int i = 0; i < 3; i++) {
        kill(self->workers[self->seen - 1], SIGKILL);
        assert_true(scratch_until(a_new_worker_answers, self));
    }
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
}

static void a_stubborn_worker_is_killed_within_5_s(void **state)
{
    struct stage *self = *state;
    start(self, "rate_limit = 999");
    int64_t before_ms = clock_mono_ms();
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
    assert_in_range(clock_mono_ms() - before_ms, 4700, 9000); /* 4.8 s, and what a busy machine adds */
    assert_true(is_gone(&self->workers[0]));
}

static void workers_end_with_their_master(void **state)
{
    struct stage *self = *state;
    start(self, "");
    kill(self->master, SIGKILL);
    ended(self);
    assert_true(scratch_until(is_gone, &self->workers[0]));
}

static void sighup_replaces_the_workers_on_the_same_socket(void **state)
{
    struct stage *self = *state;
    start(self, "");
    kill(self->master, SIGHUP);
    /* At no time is there nobody: each question gets an answer. */
    while (!a_new_worker_answers(self))
        assert_true(ask(self) > 0);
    assert_true(scratch_until(is_gone, &self->workers[0]));
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
}

static bool the_log_names_the_line(void *ctx)
{
    struct stage *self = ctx;
    char text[2048] = "";
    int fd = open(scratch_path(self->scratch, "log"), O_RDONLY);
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    return strstr(text, "rollcall.conf:5: unknown option 'nonsense'") != NULL;
}

static void sighup_with_a_bad_configuration_changes_nothing(void **state)
{
    struct stage *self = *state;
    start(self, "");
    configure(self, "nonsense = 1");
    kill(self->master, SIGHUP);
    assert_true(scratch_until(the_log_names_the_line, self));
    assert_int_equal(ask(self), self->workers[0]);
    configure(self, "");
    kill(self->master, SIGHUP);
    assert_true(scratch_until(a_new_worker_answers, self));
}

static void sighup_moves_to_another_socket(void **state)
{
    struct stage *self = *state;
    start(self, "");
    char before[128];
    strcpy(before, self->socket);
    strcpy(self->socket, scratch_path(self->scratch, "other"));
    configure(self, "");
    kill(self->master, SIGHUP);
    assert_true(scratch_until(a_new_worker_answers, self));
    assert_true(scratch_until(is_gone, &self->workers[0]));
    assert_int_not_equal(access(before, F_OK), 0);
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
    assert_int_not_equal(access(self->socket, F_OK), 0);
}

/* How many workers of SELF have failed, by its log. */
static size_t failures(const struct stage *self)
{
    char text[4096] = "";
    int fd = open(scratch_path(self->scratch, "log"), O_RDONLY);
    if (fd < 0)
        return 0;
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "exited with status 1")) != NULL; at++)
        count++;
    return count;
}

static bool a_worker_has_failed(void *ctx)
{
    return failures(ctx) > 0;
}

static void a_worker_that_cannot_begin_does_not_spin(void **state)
{
    struct stage *self = *state;
    configure(self, "rate_limit = 666\nlog_level = \"error\"");
    int64_t before_ms = clock_mono_ms();
    self->master = fork();
    if (self->master == 0)
        be_master(self);
    poll(NULL, 0, 500);
    assert_true(scratch_until(a_worker_has_failed, self));
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
    /* Two at once, then one 0.1, 0.2, 0.4 s and so on after the one before. */
    size_t most = 2;
    for (int64_t ms = 100; ms <= clock_mono_ms() - before_ms; ms = 2 * ms + 100)
        most++;
    assert_in_range(failures(self), 1, most);
}

/* The service manager's socket, named in the environment of what is started from now on. */
static int listen_as_manager(struct stage *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = scratch_path(self->scratch, "notify");
    assert_true(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "100000", 1);
    return fd;
}

/* Whether STATE arrives at the manager before it has heard nothing for MS. */
static bool hears(int manager, const char *state, int ms)
{
    struct pollfd ready = {.fd = manager, .events = POLLIN};
    char text[128];
    bool found = false;
    while (!found && poll(&ready, 1, ms) > 0) {
        ssize_t len = recv(manager, text, sizeof text - 1, 0);
        text[len > 0 ? len : 0] = '\0';
        found = strcmp(text, state) == 0;
    }
    return found;
}

static void the_service_manager_hears_of_a_worker_that_beats(void **state)
{
    struct stage *self = *state;
    int manager = listen_as_manager(self);
    start(self, "");
    for (int i = 0; i < 3; i++)
        assert_true(hears(manager, "WATCHDOG=1", 10000));
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
    close(manager);
}

static void the_service_manager_hears_nothing_while_no_worker_beats(void **state)
{
    struct stage *self = *state;
    int manager = listen_as_manager(self);
    configure(self, "rate_limit = 666");
    self->master = fork();
    if (self->master == 0)
        be_master(self);
    assert_true(hears(manager, "READY=1", 10000));
    assert_false(hears(manager, "WATCHDOG=1", 600));
    kill(self->master, SIGTERM);
    assert_int_equal(ended(self), 0);
    close(manager);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sigterm_ends_all_with_status_0_and_takes_the_socket_away, setup, teardown),
        cmocka_unit_test_setup_teardown(sigint_is_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(two_sigterms_are_as_good_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sigterm_during_the_start_is_not_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(a_worker_that_dies_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stubborn_worker_is_killed_within_5_s, setup, teardown),
        cmocka_unit_test_setup_teardown(workers_end_with_their_master, setup, teardown),
        cmocka_unit_test_setup_teardown(sighup_replaces_the_workers_on_the_same_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(sighup_with_a_bad_configuration_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(sighup_moves_to_another_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(the_service_manager_hears_of_a_worker_that_beats, setup, teardown),
        cmocka_unit_test_setup_teardown(the_service_manager_hears_nothing_while_no_worker_beats, setup, teardown),
        cmocka_unit_test_setup_teardown(a_worker_that_cannot_begin_does_not_spin, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
