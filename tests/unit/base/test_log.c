/* SPDX-License-Identifier: ISC */
/* What a log line looks like, whoever wrote its words. */
#include "base/log.h"

#include "../scratch.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static char written[4096];

/* Runs WRITE with stderr going to a file; what was written. */
static const char *captured(struct scratch *scratch, void (*write_lines)(void))
{
    int before = dup(STDERR_FILENO);
    int file = open(scratch_path(scratch, "stderr"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(before >= 0 && file >= 0);
    dup2(file, STDERR_FILENO);
    write_lines();
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t len = pread(file, written, sizeof written - 1, 0);
    assert_true(len >= 0);
    written[len] = '\0';
    close(file);
    return written;
}

static void write_each_level(void)
{
    log_error("e");
    log_warn("w");
    log_info("i");
    log_debug("d");
}

static void lines_carry_the_priority_of_their_level(void **state)
{
    log_set_level(LOG_LEVEL_DEBUG);
    assert_string_equal(captured(*state, write_each_level), "<3>e\n<4>w\n<6>i\n<7>d\n");
}

static void lines_above_the_level_are_dropped(void **state)
{
    log_set_level(LOG_LEVEL_WARN);
    assert_string_equal(captured(*state, write_each_level), "<3>e\n<4>w\n");
    assert_true(log_enabled(LOG_LEVEL_WARN));
    assert_false(log_enabled(LOG_LEVEL_INFO));
    log_set_level(LOG_LEVEL_ERROR);
    assert_string_equal(captured(*state, write_each_level), "<3>e\n");
}

static void write_forgery(void)
{
    log_error("user %s left", "a\n<3>forged\r\x1b[31m\x7f\xc2\x9b");
}

static void control_bytes_cannot_forge_a_line(void **state)
{
    assert_string_equal(captured(*state, write_forgery), "<3>user a\\x0a<3>forged\\x0d\\x1b[31m\\x7f\xc2\\x9b left\n");
}

static void write_words_of_all_scripts(void)
{
    log_error("%s", "Zo\xc3\xab \xe6\x9d\x8e \xf0\x9f\x99\x82");
}

static void letters_of_all_scripts_stay(void **state)
{
    assert_string_equal(captured(*state, write_words_of_all_scripts), "<3>Zo\xc3\xab \xe6\x9d\x8e \xf0\x9f\x99\x82\n");
}

static void write_long_line(void)
{
    char text[3000];
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_error("%s", text);
}

static void a_long_line_ends_after_2000_bytes(void **state)
{
    const char *line = captured(*state, write_long_line);
    assert_in_range(strlen(line), 1990, 2001);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

/* How many lines TEXT says were dropped. */
static unsigned long told(const char *text)
{
    static const char words[] = " log lines were dropped";
    unsigned long sum = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
        const char *start = at;
        while (start > text && start[-1] != '>')
            start--;
        sum += strtoul(start, NULL, 10);
    }
    return sum;
}

/* Reads PIPE into OUT until it says that COUNT lines were dropped, or nothing has come for 30 s. */
static void read_until_told(int pipe, unsigned long count, char *out, size_t size)
{
    size_t len = 0;
    struct pollfd ready = {.fd = pipe, .events = POLLIN};
    out[0] = '\0';
    while (told(out) < count && len + 1 < size && poll(&ready, 1, 30000) > 0) {
        ssize_t got = read(pipe, out + len, size - len - 1);
        if (got <= 0)
            break;
        len += (size_t)got;
        out[len] = '\0';
    }
}

/* In a process of its own, since the thread that writes stays until its end. Returns its status. */
static int log_into_full_pipe(int pipe)
{
    dup2(pipe, STDERR_FILENO);
    log_set_level(LOG_LEVEL_INFO);
    log_start();
    for (int i = 0; i < 100000 && log_dropped() == 0; i++)
        log_info("line %d of a log that nobody reads", i);
    log_stop();
    /* The flags of what others share with us are not touched. */
    return log_dropped() == 1 && (fcntl(pipe, F_GETFL) & O_NONBLOCK) == 0 ? 0 : 1;
}

static void nobody_waits_for_a_log_that_is_not_read(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(log_into_full_pipe(ends[1]));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
}

/* As a worker of a master that has dropped lines. */
static int count_in_a_fork(int pipe)
{
    int status = 1;
    if (log_into_full_pipe(pipe) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        log_start();
        _exit(log_dropped() == 0 ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child ? status : 1;
}

static void each_process_counts_its_own(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(count_in_a_fork(ends[1]) == 0 ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
}

static int log_until_read(int out, int read_now)
{
    char byte;
    dup2(out, STDERR_FILENO);
    log_set_level(LOG_LEVEL_INFO);
    log_start();
    while (log_dropped() < 3)
        log_info("a line");
    unsigned long count = log_dropped();
    (void)!write(read_now, &count, sizeof count);
    /* Until the other side has seen enough. */
    return read(read_now, &byte, 1) == 0 ? 0 : 1;
}

static void a_log_that_is_read_again_says_what_is_missing(void **state)
{
    (void)state;
    static char text[512 << 10];
    int ends[2];
    int pair[2];
    unsigned long count = 0;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        _exit(log_until_read(ends[1], pair[1]));
    }
    close(pair[1]);
    close(ends[1]);
    assert_int_equal(read(pair[0], &count, sizeof count), sizeof count);
    read_until_told(ends[0], count, text, sizeof text);
    assert_int_equal(told(text), count);
    assert_non_null(strstr(text, "<6>a line\n<4>"));
    close(pair[0]);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
}

/* Runs FN(CTX) in a process of its own, whose stderr may be anything; it has to return 0. */
static void expect_0(int (*fn)(int ctx), int ctx)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(fn(ctx));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int log_into(int out)
{
    dup2(out, STDERR_FILENO);
    log_set_level(LOG_LEVEL_WARN);
    log_warn("a line");
    return (int)log_dropped();
}

static int log_into_none(int out)
{
    return log_into(out) == 1 ? 0 : 1;
}

static void a_line_that_nothing_takes_is_counted(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    expect_0(log_into_none, full);
    close(full);
}

static void a_terminal_gets_no_priorities(void **state)
{
    (void)state;
    char line[32] = "";
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int own = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(own >= 0);
    expect_0(log_into, own);
    assert_true(read(terminal, line, sizeof line - 1) > 0);
    assert_string_equal(line, "a line\r\n");
    close(own);
    close(terminal);
}

/* Others who write to the same stderr may have set O_NONBLOCK. */
static void a_full_pipe_that_does_not_block_is_waited_for(void **state)
{
    (void)state;
    static char bytes[1 << 20];
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    while (write(ends[1], "x", 1) == 1)
        ;
    pid_t child = fork();
    if (child == 0)
        _exit(log_into(ends[1]));
    close(ends[1]);
    size_t len = 0;
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    ssize_t got;
    while (poll(&ready, 1, 30000) > 0 && (got = read(ends[0], bytes + len, sizeof bytes - len)) > 0)
        len += (size_t)got;
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    static const char line[] = "<4>a line\n";
    assert_true(len > sizeof line);
    assert_memory_equal(bytes + len - (sizeof line - 1), line, sizeof line - 1);
    close(ends[0]);
}

/* Logs to a /dev/log that is this process's own. 77 if that cannot be. */
static int log_to_own_syslog(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int daemon = socket(AF_UNIX, SOCK_DGRAM, 0);
    char line[256] = "";
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev", "tmpfs", 0, NULL) != 0 ||
        bind(daemon, (const struct sockaddr *)&address, sizeof address) != 0)
        return 77;
    log_set_level(LOG_LEVEL_INFO);
    log_use_syslog();
    log_start();
    log_warn("a line");
    log_before_fork();
    return recv(daemon, line, sizeof line - 1, 0) > 0 && strncmp(line, "<28>", 4) == 0 && strstr(line, " rollcalld[") &&
                   strcmp(line + strlen(line) - 8, ": a line") == 0
               ? 0
               : 1;
}

static void syslog_gets_lines_with_their_priority(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(log_to_own_syslog());
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

static void levels_are_known_by_name(void **state)
{
    (void)state;
    enum log_level level = LOG_LEVEL_ERROR;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_true(log_level_parse("error", &level));
    assert_int_equal(level, LOG_LEVEL_ERROR);
    assert_false(log_level_parse("Debug", &level));
    assert_false(log_level_parse("", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_carry_the_priority_of_their_level, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(lines_above_the_level_are_dropped, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(control_bytes_cannot_forge_a_line, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(letters_of_all_scripts_stay, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_long_line_ends_after_2000_bytes, scratch_setup, scratch_teardown),
        cmocka_unit_test(nobody_waits_for_a_log_that_is_not_read),
        cmocka_unit_test(each_process_counts_its_own),
        cmocka_unit_test(a_log_that_is_read_again_says_what_is_missing),
        cmocka_unit_test(a_line_that_nothing_takes_is_counted),
        cmocka_unit_test(a_terminal_gets_no_priorities),
        cmocka_unit_test(a_full_pipe_that_does_not_block_is_waited_for),
        cmocka_unit_test(syslog_gets_lines_with_their_priority),
        cmocka_unit_test(levels_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
