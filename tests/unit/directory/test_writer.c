/* SPDX-License-Identifier: ISC */
/* What a worker needs for the thread that writes to the record. What it writes, the HTTP tests see. */
#include "directory/writer.h"
#include "fixture.h"

#include "base/limits.h"

#include <sys/resource.h>

/* In a child: 0 if a process that may open no descriptor is told so. */
static int begin_without_descriptors(struct fixture *self)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_NOFILE, &none) != 0)
        return 1;
    struct writer *writer = writer_new(self->path, "", NULL, self->error, sizeof self->error);
    return !writer && strstr(self->error, "record: Too many open files") ? 0 : 2;
}

static void a_process_without_descriptors_is_told_so(void **state)
{
    struct fixture *self = *state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(begin_without_descriptors(self));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- jobs ---- */

/* Those that are under way wait until somebody writes into GATE, or closes it. */
struct count {
    int gate[2];
    size_t done;
};

static enum directory_result wait_at_gate(struct directory *directory, void *ctx)
{
    const struct count *count = ctx;
    char byte;
    (void)directory;
    (void)!read(count->gate[0], &byte, 1);
    return DIRECTORY_OK;
}

static void count_done(void *ctx, enum directory_result result, const char *error)
{
    struct count *count = ctx;
    (void)result;
    (void)error;
    count->done++;
}

static void only_so_many_jobs_wait_and_each_of_them_ends(void **state)
{
    struct fixture *self = *state;
    struct count count = {.done = 0};
    uint64_t commits = 0;
    size_t taken = 0;
    assert_int_equal(pipe(count.gate), 0);
    struct writer *writer =
        writer_new(self->path, "postgresql:///x?host=/nonexistent", &commits, self->error, sizeof self->error);
    assert_non_null(writer);
    const struct writer_job job = {wait_at_gate, count_done, &count};
    while (taken <= LIMIT_WRITES_WAITING + 1 && writer_submit(writer, &job))
        taken++;
    assert_in_range(taken, LIMIT_WRITES_WAITING, LIMIT_WRITES_WAITING + 1); /* one may be under way */
    writer_note_use(writer, 1);                                             /* is let go */
    close(count.gate[1]);
    writer_free(writer);
    assert_int_equal(count.done, taken);
    close(count.gate[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_without_descriptors_is_told_so, setup, teardown),
        cmocka_unit_test_setup_teardown(only_so_many_jobs_wait_and_each_of_them_ends, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
