/* SPDX-License-Identifier: ISC */
/* A directory of a test's own, and files in it; and waiting for what another process does. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct scratch {
    char dir[64];
    char path[128]; /* what scratch_path() and scratch_write() gave last */
};

static inline int scratch_setup(void **state)
{
    struct scratch *self = calloc(1, sizeof *self);
    snprintf(self->dir, sizeof self->dir, "/tmp/rollcall-test-XXXXXX");
    *state = self;
    return mkdtemp(self->dir) ? 0 : -1;
}

static inline int scratch_remove_one(const char *path, const struct stat *about, int flag, struct FTW *where)
{
    (void)about;
    (void)flag;
    (void)where;
    return remove(path);
}

static inline int scratch_teardown(void **state)
{
    struct scratch *self = *state;
    int removed = nftw(self->dir, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(self);
    return removed;
}

/* The path of NAME in the directory. */
static inline const char *scratch_path(struct scratch *self, const char *name)
{
    snprintf(self->path, sizeof self->path, "%s/%s", self->dir, name);
    return self->path;
}

/* LEN bytes of TEXT as file NAME; its path. */
static inline const char *scratch_write(struct scratch *self, const char *name, const char *text, size_t len)
{
    FILE *file = fopen(scratch_path(self, name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return self->path;
}

/* Runs FN(CTX) in a process of a user who is not root; it has to return 0. */
static inline void scratch_as_other(int (*fn)(void *ctx), void *ctx)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0) ? 2 : fn(ctx));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Waits until TRUE_OF(CTX), for 20 s at most: a machine may be busy. */
static inline bool scratch_until(bool (*true_of)(void *ctx), void *ctx)
{
    for (int tries = 0; tries < 4000; tries++) {
        if (true_of(ctx))
            return true;
        poll(NULL, 0, 5);
    }
    return false;
}

#endif
