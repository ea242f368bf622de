/* SPDX-License-Identifier: ISC */
/*
 * FNV-1a, 64 bits: a fast hash that is the same in every process and release, for values that only have to differ.
 * Anyone can construct collisions: a table whose keys clients choose uses base/table.h, which has a keyed hash.
 */
#ifndef ROLLCALL_BASE_HASH_H
#define ROLLCALL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of no bytes: what the first call starts from. */
#define HASH_FNV1A_START UINT64_C(0xcbf29ce484222325)

/* The hash of all that HASH covers, followed by LEN more bytes. */
static inline uint64_t hash_fnv1a(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
