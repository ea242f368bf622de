/* SPDX-License-Identifier: ISC */
/*
 * What sessions do at places, as this worker told Redis a short while ago. Who says it again so soon need not be told
 * again, unless something happened at the place since, here or in another worker. A table of fixed size, in which
 * something may take the place of something else: then Redis is asked once more. Pure: no clock, no Redis.
 */
#ifndef ROLLCALL_PRESENCE_PLACE_RECENT_H
#define ROLLCALL_PRESENCE_PLACE_RECENT_H

#include <stdbool.h>
#include <stdint.h>

struct place_deed;

enum {
    PLACE_RECENT_MS = 2000,  /* how long what was said need not be said again */
    PLACE_RECENT_SLOTS = 512 /* a power of two; 36 KB in all */
};

/* Something that is done at a place. */
struct place_said {
    uint64_t deed;   /* what, where and by whom, hashed; 0: nothing */
    uint64_t place;  /* the place alone */
    int64_t told_ms; /* when Redis was told; monotonic */
    int64_t for_ms;
    int64_t n; /* the client's count; -1: none */
};

/* Zeroed memory knows of nothing. */
struct place_recent {
    struct place_said said[PLACE_RECENT_SLOTS];
    int64_t happened_ms[4 * PLACE_RECENT_SLOTS]; /* when something last happened at a place, by its hash */
};

/* Redis is told of DEED at NOW_MS. */
struct place_said place_recent_tell(const struct place_deed *deed, int64_t now_ms);

/* Redis has done SAID. */
void place_recent_told(struct place_recent *self, const struct place_said *said);

/* Something happened at PLACE of WORKSPACE, or may have happened, by NOW_MS. */
void place_recent_happened(struct place_recent *self, const char *workspace, const char *place, int64_t now_ms);

/* Something may have happened anywhere. */
void place_recent_forget(struct place_recent *self);

/*
 * Whether DEED, said at NOW_MS, need not be told: Redis was told of it less than PLACE_RECENT_MS ago, for at least as
 * long, which is so long that these do not matter, and nothing happened since. If it has a count, it must be the next
 * one: then nothing that was said before it can come later.
 */
bool place_recent_covers(struct place_recent *self, const struct place_deed *deed, int64_t now_ms);

#endif
