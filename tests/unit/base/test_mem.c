/* SPDX-License-Identifier: ISC */
/* Out of memory is the end of the process, which says so; everything else is what calloc(3) and realloc(3) give. */
#include "base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { A_GIGABYTE = 1 << 30 };

static void more_than_there_can_be(void)
{
    mem_resize(NULL, SIZE_MAX / 4, 4);
}

static void more_than_there_is(void)
{
    const struct rlimit limit = {A_GIGABYTE, A_GIGABYTE};
    setrlimit(RLIMIT_AS, &limit);
    mem_resize(NULL, 2, A_GIGABYTE);
}

static void more_zeroes_than_there_are(void)
{
    const struct rlimit limit = {A_GIGABYTE, A_GIGABYTE};
    setrlimit(RLIMIT_AS, &limit);
    mem_new(2 * (size_t)A_GIGABYTE);
}

static void a_mapping_that_cannot_be(void)
{
    mem_shared(SIZE_MAX / 2);
}

/* In a process of its own, that its end leaves no core. */
static void expect_end(void (*ask)(void))
{
    char said[128] = "";
    int ends[2];
    int status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        ask();
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    assert_string_equal(said, "<2>rollcalld: out of memory\n");
    close(ends[0]);
}

static void the_end_of_memory_is_said_and_is_the_end(void **state)
{
    (void)state;
    expect_end(more_than_there_can_be);
    expect_end(a_mapping_that_cannot_be);
}

/* Sanitizers have an end of memory of their own. */
static void so_is_the_end_of_what_this_process_may_have(void **state)
{
    (void)state;
#ifdef __has_feature
#if __has_feature(address_sanitizer)
    skip();
#endif
#endif
    if (getenv("ROLLCALL_UNDER"))
        skip();
    expect_end(more_than_there_is);
    expect_end(more_zeroes_than_there_are);
}

static void nothing_is_something_that_can_be_freed(void **state)
{
    (void)state;
    void *none = mem_new(0);
    assert_non_null(none);
    none = mem_resize(none, 0, 8);
    assert_non_null(none);
    none = mem_resize(none, 8, 0);
    assert_non_null(none);
    free(none);
    assert_null(mem_text(NULL));
}

static void a_copy_ends_with_nul(void **state)
{
    (void)state;
    char *copy = mem_copy("abc", 2);
    assert_string_equal(copy, "ab");
    free(copy);
    copy = mem_copy(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
    mem_give_back();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_memory_is_said_and_is_the_end),
        cmocka_unit_test(so_is_the_end_of_what_this_process_may_have),
        cmocka_unit_test(nothing_is_something_that_can_be_freed),
        cmocka_unit_test(a_copy_ends_with_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
