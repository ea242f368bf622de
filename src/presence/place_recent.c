/* SPDX-License-Identifier: ISC */
/* See place_recent.h. */
#include "presence/place_recent.h"

#include "base/hash.h"
#include "presence/presence.h"

#include <string.h>

enum { FOR_MS_MIN = 4 * PLACE_RECENT_MS /* what is said for less must not lose that much of it */ };

/* With its NUL, so that no two texts in a row look like two others. */
static uint64_t add(uint64_t hash, const char *text)
{
    return hash_fnv1a(hash, text, strlen(text) + 1);
}

static uint64_t hash_place(const char *workspace, const char *place)
{
    return add(add(HASH_FNV1A_START, workspace), place);
}

struct place_said place_recent_tell(const struct place_deed *deed, int64_t now_ms)
{
    uint64_t place = hash_place(deed->workspace, deed->place);

    return (struct place_said){
        .deed = add(add(add(place, deed->user), deed->session), deed->doing),
        .place = place,
        .told_ms = now_ms,
        .for_ms = deed->for_ms,
        .n = deed->n,
    };
}

static struct place_said *slot_of(struct place_recent *self, uint64_t deed)
{
    return &self->said[deed & (PLACE_RECENT_SLOTS - 1)];
}

static int64_t *happened_at(struct place_recent *self, uint64_t place)
{
    return &self->happened_ms[place & (4 * PLACE_RECENT_SLOTS - 1)];
}

void place_recent_told(struct place_recent *self, const struct place_said *said)
{
    *slot_of(self, said->deed) = *said;
}

void place_recent_happened(struct place_recent *self, const char *workspace, const char *place, int64_t now_ms)
{
    *happened_at(self, hash_place(workspace, place)) = now_ms;
}

void place_recent_forget(struct place_recent *self)
{
    memset(self, 0, sizeof *self);
}

/* Whether something with the count N comes right after something with LAST; without counts, nobody knows better. */
static bool is_next(int64_t n, int64_t last)
{
    return n < 0 ? last < 0 : last >= 0 && n == last + 1;
}

bool place_recent_covers(struct place_recent *self, const struct place_deed *deed, int64_t now_ms)
{
    const struct place_said now = place_recent_tell(deed, now_ms);
    struct place_said *said = slot_of(self, now.deed);

    if (said->deed != now.deed || now_ms - said->told_ms >= PLACE_RECENT_MS ||
        *happened_at(self, now.place) >= said->told_ms || now.for_ms < FOR_MS_MIN || now.for_ms > said->for_ms ||
        !is_next(now.n, said->n))
        return false;
    said->n = now.n;
    return true;
}
