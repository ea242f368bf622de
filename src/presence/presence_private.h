/* SPDX-License-Identifier: ISC */
/* What the files of presence.h share among themselves. */
#ifndef ROLLCALL_PRESENCE_INTERNAL_H
#define ROLLCALL_PRESENCE_INTERNAL_H

#include "presence/answers.h"
#include "presence/presence.h"
#include "presence/scripts.h"

#include <uthash.h>

enum { WORKER_NAME_LEN = 16 };

/* Someone who waits for a room to be whole. */
struct waiter {
    struct waiter *next;
    int64_t seq;
    void (*fn)(void *ctx, struct view *view);
    void *ctx;
};

/*
 * A workspace that someone asked about.
 *
 *     subscribing --ack--> loading --last page--> whole <--> fetching what a gap hides
 *          |                  |
 *          +--- Redis lost ---+--> its waiters are told, and it is gone
 */
struct room {
    struct presence *presence;      /* borrowed: the owner of all rooms */
    struct view *view;              /* owned */
    struct waiter *waiters;         /* owned list, oldest first */
    char meta_epoch[EPOCH_LEN + 1]; /* as Redis has it; "" before the first page */
    char fresh[EPOCH_LEN + 1];      /* what the page under way would have begun the workspace with */
    bool subscribed;
    bool fetching; /* a page was asked for, from fetch_since on */
    int64_t fetch_since;
    bool again;        /* something came that the page under way may lack */
    int64_t used_ms;   /* monotonic: when it was last asked about */
    int64_t phase_ms;  /* within the time between two checks: so that rooms are not all checked at once */
    int64_t check_ms;  /* monotonic: when the head is next compared with Redis's */
    UT_hash_handle hh; /* by workspace */
};

/* What expiry knows of time: Redis's clock as it was last seen, and until when nothing may lapse. */
struct expiry {
    int64_t redis_ms; /* Redis's time at mono_ms; 0: never seen */
    int64_t mono_ms;
    int64_t reached_ms;                          /* monotonic: when some partition was last run */
    int64_t ticked_ms;                           /* monotonic: of the last tick */
    int64_t failing_ms;                          /* monotonic: since when it could not be run; 0: it can */
    int64_t hold_until_ms;                       /* monotonic */
    int64_t prune_due_ms;                        /* monotonic */
    bool sweep_failed;                           /* some partition of the last round could not be run */
    unsigned outstanding;                        /* calls not answered yet */
    bool pruning;                                /* a workspace is being gone through */
    int64_t prune_rank;                          /* where the portion under way began */
    char prune_workspace[IDS_WORKSPACE_MAX + 1]; /* the last one whose old entries were dropped; "" before the first */
};

/* Where the walk is that looks for people without a lease. */
struct adoption {
    bool asking;                           /* a call is under way */
    bool walking;                          /* the workspace has more */
    int64_t after_seq;                     /* looked at up to here */
    int64_t until_seq;                     /* the head when its walk began; -1: it begins */
    char workspace[IDS_WORKSPACE_MAX + 1]; /* the one that is walked through, or was last; "" before the first */
};

struct presence {
    const struct conf *conf;     /* borrowed */
    struct directory *directory; /* borrowed */
    struct parked_set *parked;   /* borrowed */
    struct presence_events events;
    struct redis *redis;          /* owned */
    struct redis_script *scripts; /* owned */
    struct room *rooms;           /* owned hash */
    uint32_t rooms_made;          /* ever */
    struct expiry expiry;
    struct adoption adoption;
    struct presence_stats stats;
    char replid[41];
    char worker_channel[sizeof "rollcall:worker:" + WORKER_NAME_LEN];
    char epoch_base[EPOCH_LEN / 2 + 1]; /* what makes this process's epochs its own */
    uint32_t epochs;                    /* how many were made up */
    bool announced;                     /* on_ready was called */
    int64_t odd_ms;                     /* monotonic: when an odd answer was last logged */
};

/* Says on_ready, the first time. */
void presence_announce(struct presence *self);

/* META_EPOCH, combined with the replication id, into OUT (EPOCH_LEN + 1 bytes). */
void presence_epoch(const struct presence *self, const char *meta_epoch, char *out);

/* A new meta epoch, should there be none, into OUT (EPOCH_LEN + 1 bytes). */
void presence_fresh_epoch(struct presence *self, char *out);

/* SCRIPT got an answer of the wrong shape: for the log. What asked fails as if Redis were out of reach. */
void presence_odd_answer(struct presence *self, enum script script);

/*
 * META_EPOCH was answered to a call for USER (or NULL) that brought FRESH along. If they are the same, this call began the
 * keys of WORKSPACE; if there is no such workspace any more they go again, and the result is false. So a workspace that was
 * deleted stays deleted, whatever was under way.
 */
bool presence_may_begin(struct presence *self, const char *workspace, const char *user, const char *meta_epoch,
                        const char *fresh);

/* Takes CHANGE of META_EPOCH, however it was learnt, into the room of WORKSPACE, if there is one. */
void room_change(struct presence *self, const char *workspace, const char *meta_epoch, const struct change *change);

/* Redis is back: every room is compared with it. */
void rooms_recheck(struct presence *self);
/* Once a tick: slow checks, and rooms that nobody wants any more. */
void rooms_tick(struct presence *self, int64_t now_ms);
void rooms_free(struct presence *self);

/* Expiry in all partitions, and old entries. */
void expiry_tick(struct presence *self, int64_t now_ms);
/* The longest lease that there can be, with a second to spare. */
int64_t expiry_longest_lease_ms(const struct conf *conf);
/* Redis's time as it is now, as far as it was followed; 0 while nobody may be judged by it. */
int64_t expiry_believed_ms(const struct presence *self);
/* Nothing may lapse for one ttl from NOW_MS: clients could not beat. REASON is for the log. */
void expiry_hold(struct presence *self, int64_t now_ms, const char *reason);

/* Once a tick: a step of the walk that gives a lease to users who are shown and have none. */
void adopt_tick(struct presence *self);

#endif
