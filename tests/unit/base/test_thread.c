/* SPDX-License-Identifier: ISC */
/* base/thread.h. */
#include "base/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

struct seen {
    int fd; /* where the thread says that it is done */
    sigset_t blocked;
    pthread_t self;
};

static void *look(void *ctx)
{
    struct seen *seen = ctx;
    seen->self = pthread_self();
    pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
    (void)!write(seen->fd, "x", 1);
    return NULL;
}

/* What a thread sees. */
static struct seen look_from_a_thread(void)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    struct seen seen = {.fd = ends[1]};
    assert_int_equal(thread_start(look, &seen), 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return seen;
}

static void a_thread_runs_beside_the_caller(void **state)
{
    struct seen seen = look_from_a_thread();
    (void)state;
    assert_false(pthread_equal(seen.self, pthread_self()));
}

static void a_thread_receives_no_signals(void **state)
{
    struct seen seen = look_from_a_thread();
    (void)state;
    assert_int_equal(sigismember(&seen.blocked, SIGTERM), 1);
    assert_int_equal(sigismember(&seen.blocked, SIGHUP), 1);
    assert_int_equal(sigismember(&seen.blocked, SIGCHLD), 1);
}

static void the_callers_own_signals_stay_as_they_were(void **state)
{
    sigset_t before, after;
    (void)state;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    look_from_a_thread();
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (int signal = 1; signal < 32; signal++)
        assert_int_equal(sigismember(&after, signal), sigismember(&before, signal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_runs_beside_the_caller),
        cmocka_unit_test(a_thread_receives_no_signals),
        cmocka_unit_test(the_callers_own_signals_stay_as_they_were),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
