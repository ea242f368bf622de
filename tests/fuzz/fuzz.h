/* SPDX-License-Identifier: ISC */
/* What the fuzz targets share: how one says what must be so, and how an input is taken apart. */
#ifndef ROLLCALL_TESTS_FUZZ_FUZZ_H
#define ROLLCALL_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every target is. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, which the fuzzer takes for a finding, unless it HOLDS that WHAT. */
static inline void insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

/*
 * SIZE bytes of DATA as heap memory with a NUL after them and no byte more, so that a sanitizer sees what reads on. The
 * caller frees it.
 */
static inline char *fuzz_text(const void *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* Cuts the next line off *REST; NULL if there is none. */
static inline char *fuzz_line(char **rest)
{
    return *rest ? strsep(rest, "\n") : NULL;
}

/* Cuts the next section off *REST: sections are separated by lines of two dashes. NULL if there is none. */
static inline char *fuzz_section(char **rest)
{
    char *section = *rest;
    char *end = section ? strstr(section, "\n--\n") : NULL;

    if (end)
        *end = '\0';
    *rest = end ? end + strlen("\n--\n") : NULL;
    return section;
}

#endif
