/* SPDX-License-Identifier: ISC */
/*
 * Memory that is there or the process is not: every function here aborts, with a line on stderr, when the system has no
 * more. All truth is in Redis and SQLite and the master starts another worker, so nobody above handles NULL.
 */
#ifndef ROLLCALL_BASE_MEM_H
#define ROLLCALL_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for one object of SIZE bytes; the caller frees it with free(). */
void *mem_new(size_t size);

/* Resizes PTR (or NULL) to COUNT elements of SIZE bytes, as reallocarray; new bytes are not zeroed. */
void *mem_resize(void *ptr, size_t count, size_t size);

/* A copy of LEN bytes with a NUL after them; the caller frees it. */
char *mem_copy(const void *bytes, size_t len);

/* A copy of the NUL-ended TEXT, or NULL for NULL; the caller frees it. */
char *mem_text(const char *text);

/* Gives memory that was freed back to the system, if the C library can: worth it once many megabytes were. */
void mem_give_back(void);

/* Zeroed memory of SIZE bytes that processes forked from now on share with this one; lives as long as the last of them. */
void *mem_shared(size_t size);

#endif
