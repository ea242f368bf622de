/* SPDX-License-Identifier: ISC */
/* Randomness from the kernel, unguessable. */
#ifndef ROLLCALL_BASE_RANDOM_H
#define ROLLCALL_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* LEN random bytes; aborts where the kernel has none. */
void random_bytes(void *out, size_t len);

/* LEN characters of [A-Za-z0-9] and a NUL into OUT, which has LEN + 1 bytes: 5.95 bits each. */
void random_name(char *out, size_t len);

/* A number in [0, bound); bound > 0. */
uint32_t random_below(uint32_t bound);

#endif
