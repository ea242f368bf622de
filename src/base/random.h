/* SPDX-License-Identifier: ISC */
/*
 * Random bytes, names and numbers from the kernel: they cannot be guessed, and processes that fork never repeat them.
 */
#ifndef ROLLCALL_BASE_RANDOM_H
#define ROLLCALL_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Writes LEN random bytes to OUT. Aborts if the kernel has none. */
void random_bytes(void *out, size_t len);

/* Writes LEN characters of [A-Za-z0-9], 5.95 random bits each, and a NUL to OUT. */
void random_name(char *out, size_t len);

/* A number from 0 to BOUND - 1; BOUND is above 0. */
uint32_t random_below(uint32_t bound);

#endif
