/* SPDX-License-Identifier: ISC */
/*
 * What sessions do at places, as this worker told Redis. A renewal of it that comes in time need not be told at once:
 * it is owed. Redis is told of what is owed some time before the end that it knows, so nothing ends before it should.
 * Whatever else happens to it, here or in another worker, ends that: see place_recent_forget(). A thing takes some 350
 * bytes, and there are LIMIT_RECENT_DEEDS at most; others are told at once. Pure: no clock, no Redis.
 */
#ifndef ROLLCALL_PRESENCE_PLACE_RECENT_H
#define ROLLCALL_PRESENCE_PLACE_RECENT_H

#include "base/alarms.h"
#include "base/table.h"
#include "presence/presence.h"

enum {
    PLACE_OWE_MS = 10000, /* what is owed is told so long after Redis was told last, */
    PLACE_TELL_MS = 2000, /* or so long before the end that Redis knows, if that is sooner: it may take a tick or two */
    PLACE_SPARE_MS = 1000, /* a renewal that comes later than that before the end is told at once */
    PLACE_RETRY_MS = 1000, /* what Redis did not take is told again after that */
};

/* Something that is done at a place, as it was said last. */
struct place_said {
    struct table_node node; /* first: by the texts of the deed */
    struct alarm alarm;     /* when what is owed is told, or it is over */
    struct place_deed deed; /* its texts are this thing's own */
    int64_t told_ms;        /* when Redis was told last; times are monotonic */
    int64_t told_n;         /* and with which count */
    int64_t ends_ms;        /* when it ends by that */
    int64_t until_ms;       /* when it is to end: later, if something is owed */
    int64_t said_ms;        /* when that was said */
    uint16_t len;
    char texts[]; /* workspace, user, session, place, doing, each NUL-ended */
};

/* DEED, of which Redis is told at NOW_MS. Its texts are copied. The caller frees it with free(). */
struct place_said *place_said_new(const struct place_deed *deed, int64_t now_ms);

struct place_recent {
    struct table table;
    struct alarms alarms;
};

/* Knows of nothing; frees what it knows. */
void place_recent_init(struct place_recent *self);
void place_recent_fini(struct place_recent *self);

/* Redis has done SAID, which is taken. What was owed before it was said is not any more. */
void place_recent_take(struct place_recent *self, struct place_said *said);

/*
 * Whether DEED, said at NOW_MS, need not be told now. If so, it is owed. A count must not be lower than the one before,
 * and it must not end earlier than was said before.
 */
bool place_recent_owe(struct place_recent *self, const struct place_deed *deed, int64_t now_ms);

/*
 * Forgets DEED: something else happened to it. Returns what is owed of it, which the caller frees, or NULL. Its deed
 * lasts as long as was said, counted from NOW_MS.
 */
struct place_said *place_recent_forget(struct place_recent *self, const struct place_deed *deed, int64_t now_ms);

/*
 * The next thing of which Redis is to be told by NOW_MS; NULL after the last one. It counts as told, and the caller
 * gets a copy, whose deed is as above, and whose told_n and ends_ms are what Redis knew before.
 */
struct place_said *place_recent_due(struct place_recent *self, int64_t now_ms);

/*
 * Redis was not told of SAID, such a copy, which is taken: it is owed as before, until it is over, and due again after
 * PLACE_RETRY_MS; unless Redis was told of the same thing since.
 */
void place_recent_untold(struct place_recent *self, struct place_said *said, int64_t now_ms);

/* What is to end: things of the workspaces of which IS_MEANT is true. TAKE gets those that are owed. */
struct place_ending {
    bool (*is_meant)(void *ctx, const char *workspace);
    void (*take)(void *ctx, struct place_said *said); /* a copy, as above, which it frees */
    void *ctx;
};

/* Forgets what is ENDING, at NOW_MS. */
void place_recent_end(struct place_recent *self, const struct place_ending *ending, int64_t now_ms);

#endif
