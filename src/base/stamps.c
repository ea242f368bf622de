/* SPDX-License-Identifier: ISC */
/* See stamps.h. */
#include "base/stamps.h"

#include "base/hash.h"

bool stamps_see(struct stamps *self, const char *key, size_t len, int64_t now_ms, int64_t within_ms)
{
    uint64_t hash = hash_fnv1a(HASH_FNV1A_START, key, len);
    struct stamp *stamp = &self->places[hash & (STAMPS_PLACES - 1)];
    struct stamp seen = {.tag = (uint32_t)(hash >> 32) | 1, .at_ms = (uint32_t)now_ms};
    bool again = stamp->tag == seen.tag && (int64_t)(uint32_t)(seen.at_ms - stamp->at_ms) < within_ms;

    *stamp = seen;
    return again;
}
