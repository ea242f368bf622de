/* SPDX-License-Identifier: ISC */
/*
 * When keys were last seen, roughly: a table of fixed size, in which a key may take the place of another one. So it
 * costs the same however many keys there are, and says too seldom that one was seen, practically never too often. Pure:
 * time is an argument.
 */
#ifndef ROLLCALL_BASE_STAMPS_H
#define ROLLCALL_BASE_STAMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAMPS_PLACES = 4096 }; /* a power of two; 32 KB */

/* Zeroed memory has seen nothing. */
struct stamps {
    struct stamp {
        uint32_t tag;   /* of the key; 0: none */
        uint32_t at_ms; /* when it was seen, of its lowest bits */
    } places[STAMPS_PLACES];
};

/*
 * KEY (LEN bytes) is seen at NOW_MS (monotonic). Whether it was seen before, less than WITHIN_MS ago.
 */
bool stamps_see(struct stamps *self, const char *key, size_t len, int64_t now_ms, int64_t within_ms);

#endif
