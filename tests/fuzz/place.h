/* SPDX-License-Identifier: ISC */
/* A directory of a fuzz target's own, which is removed with what is in it when the process ends. */
#ifndef ROLLCALL_TESTS_FUZZ_PLACE_H
#define ROLLCALL_TESTS_FUZZ_PLACE_H

#include "fuzz.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACE_PATH_MAX = 128 };

static char place_root[64];

static inline int place_remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void place_remove(void)
{
    nftw(place_root, place_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of NAME in it, into OUT, which has PLACE_PATH_MAX bytes. The directory is made by the first call. */
static inline const char *place_path(char *out, const char *name)
{
    const char *base = getenv("TMPDIR");

    if (!place_root[0]) {
        snprintf(place_root, sizeof place_root, "%.40s/rollcall-XXXXXX", base ? base : "/tmp");
        insist(mkdtemp(place_root), "a directory can be made");
        atexit(place_remove);
    }
    snprintf(out, PLACE_PATH_MAX, "%s/%s", place_root, name);
    return out;
}

#endif
