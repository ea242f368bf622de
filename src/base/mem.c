/* SPDX-License-Identifier: ISC */
/* See mem.h. The line on stderr is written without stdio, which might need memory itself. */
#include "base/mem.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { LARGE_BYTES = 128 << 10 }; /* from there on, memory comes from the system and goes back to it */

static _Noreturn void out_of_memory(void)
{
    static const char line[] = "<2>rollcalld: out of memory\n";
    /* If nobody reads stderr, the line must not keep the process from ending. */
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&room, 1, 0) > 0)
        (void)!write(STDERR_FILENO, line, sizeof line - 1);
    abort();
}

void *mem_new(size_t size)
{
    void *ptr = calloc(1, size ? size : 1);
    if (!ptr)
        out_of_memory();
    return ptr;
}

void *mem_resize(void *ptr, size_t count, size_t size)
{
    if (size && count > PTRDIFF_MAX / size)
        out_of_memory();
    /* realloc() may free if it is asked for 0 bytes. */
    void *resized = realloc(ptr, count && size ? count * size : 1);
    if (!resized)
        out_of_memory();
    return resized;
}

char *mem_copy(const void *bytes, size_t len)
{
    char *copy = mem_resize(NULL, len + 1, 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *mem_text(const char *text)
{
    return text ? mem_copy(text, strlen(text)) : NULL;
}

void mem_set_up(void)
{
#ifdef __GLIBC__
    /* By itself, the threshold grows with what is freed: then a buffer of a burst lies among what stays. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
#endif
}

void mem_give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

void *mem_shared(size_t size)
{
    void *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ptr == MAP_FAILED)
        out_of_memory();
    return ptr;
}
