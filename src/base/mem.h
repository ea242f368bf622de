/* SPDX-License-Identifier: ISC */
/*
 * Allocation that never fails: if the system has no memory, each function here logs a line to stderr and aborts. All
 * truth is in Redis and SQLite and the master starts another worker, so no caller handles NULL.
 */
#ifndef ROLLCALL_BASE_MEM_H
#define ROLLCALL_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for one object of SIZE bytes; the caller frees it with free(). */
void *mem_new(size_t size);

/* Resizes PTR (or NULL) to COUNT elements of SIZE bytes, as reallocarray(3); new bytes are not zeroed. */
void *mem_resize(void *ptr, size_t count, size_t size);

/* A copy of LEN bytes with a NUL after them; the caller frees it. */
char *mem_copy(const void *bytes, size_t len);

/* A copy of the NUL-ended TEXT, or NULL for NULL; the caller frees it. */
char *mem_text(const char *text);

/*
 * Lets the C library give large memory back to the system as soon as it is freed, also after larger ones were freed. To
 * be called first.
 */
void mem_set_up(void);

/* Gives freed memory back to the system, if the C library can. Worth it after many megabytes were freed. */
void mem_give_back(void);

/* Zeroed memory of SIZE bytes, shared with all processes forked from now on; it lives as long as the last of them. */
void *mem_shared(size_t size);

#endif
