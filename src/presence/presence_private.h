/* SPDX-License-Identifier: ISC */
/*
 * What the files of presence/ share: struct presence, and what they call of each other. A file calls only what is
 * listed above it here; presence.c is the roof that wires them all.
 */
#ifndef ROLLCALL_PRESENCE_PRESENCE_PRIVATE_H
#define ROLLCALL_PRESENCE_PRESENCE_PRIVATE_H

#include "presence/answers.h"
#include "presence/expiry_step.h"
#include "presence/place_recent.h"
#include "presence/presence.h"
#include "presence/recent.h"
#include "presence/scripts.h"
#include "presence/walk.h"

#include <uthash.h>

enum { WORKER_NAME_LEN = 16 };

struct place_sync;
struct view_sync;

/* A workspace that is to be dropped. */
struct leftover {
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1]; /* one who may have sessions there that nobody was told of, or "" */
    int64_t rev;                 /* of what they said by hand and do not say any more; or 0 */
};

/* A walk through what users say by hand, in portions. */
struct says_walk {
    struct presence *presence; /* borrowed: its owner */
    bool recent;               /* through all workspaces, by rev; otherwise through one */
    bool in_haste;             /* each portion follows at once */
    bool inside;               /* there are more portions */
    size_t asked;              /* users in the latest one, */
    size_t asking;             /* and of them, calls under way */
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1]; /* the last one; "" before the first */
    int64_t rev;                 /* theirs */
};

/*
 * What is known of Redis, for partitions that share its fate: with one Redis those are all, in a cluster each partition
 * is alone.
 */
struct presence_part {
    struct expiry_step expiry;
    char replid[41]; /* of the server that has them; "" before the first */
    bool looked;     /* leases that were due before are settled, or its server cannot be reached */
};

/* The page that all workers share; times are monotonic. */
struct presence_shared {
    _Atomic int64_t steady_ms;  /* when one last found that everybody could beat */
    _Atomic int64_t drained_ms; /* when one last began to drain, or the first one started */
};

struct presence {
    const struct conf *conf;     /* borrowed */
    struct directory *directory; /* borrowed */
    struct parked_set *parked;   /* borrowed */
    struct presence_events events;
    struct redis_router *redis;     /* owned */
    bool clustered;                 /* each partition is a part; otherwise they are one, the first */
    struct redis_script *scripts;   /* owned */
    struct view_sync *views;        /* owned hash, by workspace */
    uint32_t views_made;            /* ever */
    struct place_sync *place_syncs; /* owned hash, by workspace */
    struct place_recent place_recent;
    struct recent_set recents;
    unsigned renewing; /* calls under way that tell Redis of what was answered before */
    bool draining;
    struct presence_part parts[IDS_PARTITIONS];
    struct presence_shared *shared; /* borrowed; or NULL */
    struct walk prune_walk;
    int64_t prune_due_ms; /* monotonic */
    struct walk adopt_walk;
    int64_t adopt_until_seq;    /* the head when the walk entered its workspace */
    struct leftover *leftovers; /* owned, oldest first; NULL before the first */
    size_t leftover_count;
    struct leftover *untold; /* owned: whose words, or with user "" those of a whole workspace, Redis may not know */
    size_t untold_count;
    struct says_walk haste_walk;
    struct says_walk repair_walk;
    struct walk repair_workspaces;
    int64_t repair_due_ms; /* monotonic: when the next walk through all begins */
    bool repair_over;      /* the walk through all has ended */
    bool repaired_recent;
    bool doubts;      /* the directory may be behind */
    int64_t doubt_ms; /* monotonic: since when it is waited for; 0: not now, or from the next tick */
    int64_t found_ms; /* monotonic: when a part of Redis was last found since then; or doubt_ms */
    struct presence_stats stats;
    char worker[WORKER_NAME_LEN + 1];                    /* its name */
    char stream_worker[WORKER_NAME_LEN + sizeof "+"];    /* the worker's name, as sessions with a stream have it */
    char epoch_base[EPOCH_LEN / 2 + 1];                  /* what makes this process's epochs its own */
    uint32_t epochs;                                     /* how many were made up */
    bool announced;                                      /* on_ready was called */
    int64_t odd_answer_ms, odd_message_ms, odd_state_ms; /* monotonic: when one was last logged */
    int64_t hold_ms;                                     /* the same of a partition's hold */
    bool follows;                                        /* see presence_follow() */
    char hook_channel[CHANNEL_MAX];                      /* "": it does not listen to what is asked of webhooks */
    void (*on_hook_ask)(void *ctx);
    void *hook_ctx;
};

/* ---- presence_core.c ---- */

/* How many parts there are. */
unsigned presence_part_count(const struct presence *self);

/* The number of the part that WORKSPACE belongs to; in a cluster, that of its partition. */
unsigned presence_part_of(const struct presence *self, const char *workspace);

/* Whether PARTITIONS, a bit for each, have WORKSPACE. */
bool presence_concerns(const struct presence *self, uint64_t partitions, const char *workspace);

/* Part PART is looked at. Calls on_ready the first time that all are, unless SELF only follows. */
void presence_looked(struct presence *self, unsigned part);

/* META_EPOCH of WORKSPACE, combined with the replication id of its server, into OUT (EPOCH_LEN + 1 bytes). */
void presence_epoch(const struct presence *self, const char *workspace, const char *meta_epoch, char *out);

/* A new meta epoch, in case the workspace has none, into OUT (EPOCH_LEN + 1 bytes). */
void presence_fresh_epoch(struct presence *self, char *out);

/* True at most once a second by *LAST_MS: whether to log what other programs in Redis may cause at any rate. */
bool presence_may_log(int64_t *last_ms);

/*
 * Logs, at most once a second, that SCRIPT got an answer of the wrong shape. The call fails as if Redis were out of
 * reach.
 */
void presence_odd_answer(struct presence *self, enum script script);

/* WALK enters the directory's next workspace, or is before the first one if there is no further one. */
void presence_next_workspace(struct presence *self, struct walk *walk);

/* ---- leftover.c ---- */

/* A call about LEFTOVER, which is copied, failed: Redis may have run it. Noted if the workspace does not exist. */
void leftover_note(struct presence *self, const struct leftover *leftover);

/* Removes the oldest leftover whose Redis can be used, and copies it to OUT. Returns false if there is none. */
bool leftover_take(struct presence *self, struct leftover *out);

/* ---- untold.c ---- */

/* Redis may not know what the user that WHO is about says by hand, or with untold_note_all() of a whole workspace. */
void untold_note(struct presence *self, const struct leftover *who);
void untold_note_all(struct presence *self, const char *workspace);

/*
 * Takes the next user whose Redis can be used, or with ALL the next such workspace, off the list and copies it to OUT.
 * Returns false if there is none.
 */
bool untold_take(struct presence *self, bool all, struct leftover *out);

/* ---- drop.c ---- */

/*
 * The keys of WORKSPACE have begun, perhaps by a call about USER, unless that is NULL. If the workspace does not exist
 * any more, the keys are dropped again and the result is false. So a workspace that was deleted stays deleted,
 * whatever was under way.
 */
bool presence_may_begin(struct presence *self, const char *workspace, const char *user);

/* Once a tick: drops what is left of a workspace, if any is noted. */
void drop_tick(struct presence *self);

/* ---- expiry.c, prune.c, adopt.c ---- */

/* To be called once, before the first tick. */
void expiry_init(struct presence *self);

/* Takes what the others knew, from the page that they share. */
void expiry_share(struct presence *self);

/* Once a tick: has leases lapse in all partitions. */
void expiry_tick(struct presence *self, int64_t now_ms);

/* The server that has PARTITIONS, a bit for each, is back, or another one, with the replication id REPLID. */
void expiry_found(struct presence *self, uint64_t partitions, const char *replid);

/* After that: the same as once a tick. */
void expiry_up(struct presence *self);

/* To be called when their server is lost. */
void expiry_down(struct presence *self, uint64_t partitions);

/* Of one that only follows: the time of the Redis that has WORKSPACE is REDIS_MS. */
void expiry_saw(struct presence *self, const char *workspace, int64_t redis_ms);

/* The longest lease that there can be, with a second to spare. */
int64_t expiry_longest_lease_ms(const struct conf *conf);

/* The time now of the Redis that has WORKSPACE, as the worker has followed it; 0 before it was first seen. */
int64_t expiry_redis_ms(const struct presence *self, const char *workspace);

/* The same of the server whose clock is ahead. */
int64_t expiry_latest_ms(const struct presence *self);

/* What a call about WORKSPACE that is made now tells of the time. */
struct expiry_now {
    int64_t asked_ms; /* see expiry_step_asked_ms() */
    int64_t held_ms;  /* 0, or while nobody may be judged, see expiry_step_judged_ms() */
};
struct expiry_now expiry_now(const struct presence *self, const char *workspace);

/* Once a tick: forgets the old entries of a workspace when the next one's turn has come. */
void prune_tick(struct presence *self, int64_t now_ms);

/* How long prune_tick() waits between two workspaces, ms, with a retention of so many seconds. */
int64_t prune_pause_ms(int64_t retention_s);

/* Once a tick: a portion of the walk that gives a lease to users who are shown and have none. */
void adopt_tick(struct presence *self);

/* ---- place_renewals.c ---- */

/* Once a tick: tells Redis of the renewals that are due. */
void place_renewals_tick(struct presence *self);

/* DEED has ended, and what was said before cannot bring it back: what is owed of it is dropped. */
void place_renewals_drop(struct presence *self, const struct place_deed *deed);

/* Something happened to DEED, here or elsewhere. */
void place_renewals_nudge(struct presence *self, const struct place_deed *deed);

/*
 * Tells Redis of all renewals in WORKSPACE, or in PARTITIONS, that it was not told of, and forgets what it was told:
 * this worker does not hear of what happens to it any more, or did not for a while. What cannot be told now stays owed.
 */
void place_renewals_end(struct presence *self, const char *workspace);
void place_renewals_end_in(struct presence *self, uint64_t partitions);

/* ---- beats.c ---- */

/* Once a tick: tells Redis of polls that it was not asked about. */
void beats_tick(struct presence *self, int64_t now_ms);

/* ---- repair.c ---- */

/* A part of Redis is back. It may be another Redis, or an older copy. */
void repair_found(struct presence *self, int64_t now_ms);

/* Once a tick: tells Redis what it may not know of what users say by hand. */
void repair_tick(struct presence *self, int64_t now_ms);

/* ---- place_sync.c ---- */

/* The set of a place is another one, because DEED began there, if BEGINS; otherwise it ended, or will end earlier. */
void place_sync_nudge(struct presence *presence, const struct place_deed *deed, bool begins);

/* ENTRY of VIEW changed: others may take part in conversations now. */
void place_sync_change(struct presence *presence, const struct view *view, const struct view_entry *entry);

/* Redis has lost all that it knew of the workspace of VIEW, and told nobody. */
void place_sync_lost(struct presence *presence, const struct view *view);

/* The Redis that has PARTITIONS is back, and may have told something meanwhile; or it is lost. */
void place_sync_up(struct presence *presence, uint64_t partitions);
void place_sync_down(struct presence *presence, uint64_t partitions);

/* Once a tick: reads sets again in which something should have ended. */
void place_sync_tick(struct presence *presence, int64_t now_ms);

/* VIEW is about to be freed; or all views are. */
void place_sync_forget(struct presence *presence, const struct view *view);
void place_sync_free_all(struct presence *presence);

/* ---- view_sync.c ---- */

/* Returns this worker's view of WORKSPACE, even if it is not complete yet, or NULL. */
struct view *view_sync_find(struct presence *presence, const char *workspace);

/* Takes CHANGE of META_EPOCH, however it was learnt, into the view of WORKSPACE, if there is one. */
void view_sync_change(struct presence *presence, const char *workspace, const char *meta_epoch,
                      const struct change *change);

/* The Redis that has PARTITIONS is back: their views are compared with it, and no own revision in them is known. */
void view_sync_recheck_all(struct presence *presence, uint64_t partitions);

/* Once a tick: the slow checks, and the end of views that nobody uses. */
void view_sync_tick_all(struct presence *presence, int64_t now_ms);

/* Frees all views; those who wait for one are told that there is none. */
void view_sync_free_all(struct presence *presence);

/* ---- own_news.c ---- */

/* Such messages may have been missed, and the revisions that were known are forgotten: all polls are reviewed. */
void own_news_missed(struct presence *presence);

#endif
