/* SPDX-License-Identifier: ISC */
/*
 * What decides how a worker's view of a workspace is made whole and kept whole. Each function is an event: it takes
 * what happened and the time, and returns what to do, in order. Pure: no clock, no Redis, no callback. view_sync.c
 * performs what is decided here.
 *
 * There is one rule: a message that does not follow the head, another epoch, a reconnect or a slow check all lead to
 * reading what changed after the head. There is no other way to recover. Once another epoch is known of,
 * nobody is given the view before it was read: it may show people of a workspace that was deleted and made again.
 *
 *     not subscribed --asked--> subscribing --stands--> reading --last page--> whole --gap, epoch, check--+
 *                                   |                     |  ^                                            |
 *                                   |                     |  +--------------------------------------------+
 *                                   +--failed-------------+--> those who wait are told; the view is dropped
 *                                                              unless it was whole or somebody asks again
 */
#ifndef ROLLCALL_PRESENCE_SYNC_STEP_H
#define ROLLCALL_PRESENCE_SYNC_STEP_H

#include "presence/presence.h"

enum {
    SYNC_PAGE = 1000,           /* changes in one page: well under a millisecond of Redis */
    SYNC_CHECK_MS = 5000,       /* a flushed Redis publishes nothing: the head is compared with Redis's now and then */
    SYNC_IDLE_MS = 60000,       /* a view that nobody has used for so long is dropped */
    SYNC_RECHECKS_AT_ONCE = 500 /* when Redis is back: some 5 ms. The others follow, as many a tick */
};

enum sync_do {
    SYNC_SUBSCRIBE, /* to the workspace's channel; its outcome is sync_subscribed() */
    SYNC_FETCH,     /* ask Redis for a page of what changed after seq; sync_page() or sync_page_failed() follows */
    SYNC_END_LOST, /* the epoch is another one: the view is not ready; end its parked polls with the cursor they have */
    SYNC_END_REMOVED,  /* the workspace was deleted: end the polls parked on the view */
    SYNC_BEGIN,        /* begin the view again, with the page's epoch and floor */
    SYNC_LOAD,         /* take the page's changes into the view */
    SYNC_WHOLE,        /* the view's head is seq at least, and the view is ready */
    SYNC_APPLY,        /* take the change that came into the view */
    SYNC_PRUNE,        /* forget the view's old entries */
    SYNC_TELL_REACHED, /* give the view to those who wait for a seq that it has */
    SYNC_TELL_ALL,     /* give the view to all who wait */
    SYNC_TELL_FAILED,  /* tell all who wait that there is no view; sync_told() follows */
    SYNC_DROP,         /* unsubscribe, and free the view; always the last */
};

enum { SYNC_ACTIONS_MAX = 6 }; /* that one event leads to */

struct sync_action {
    enum sync_do what;
    int64_t seq;
};

struct sync_actions {
    size_t count;
    struct sync_action list[SYNC_ACTIONS_MAX];
};

enum sync_subscription { SYNC_NOT_SUBSCRIBED, SYNC_SUBSCRIBING, SYNC_SUBSCRIBED };

struct sync_step {
    const struct view *view; /* borrowed: read here, changed by the actions */
    enum sync_subscription subscription;
    char meta_epoch[EPOCH_LEN + 1]; /* as Redis has it; "" before the first page */
    bool fetching;                  /* a page was asked for, of what changed after fetch_since */
    bool again;                     /* something came that the page under way may lack */
    int64_t fetch_since;
    unsigned doubted; /* another epoch is known of: how many pages come before the view may be given to anybody */
    int64_t used_ms;  /* monotonic: when somebody last wanted the view */
    int64_t phase_ms; /* within SYNC_CHECK_MS: so that views are not all checked at once */
    int64_t check_ms; /* monotonic: when the head is next compared with Redis's */
};

/* Who wants a view right now. */
struct sync_users {
    bool waiting;  /* somebody waits for it to be whole */
    size_t parked; /* polls */
};

/* A page of changes, as Redis answered. */
struct sync_page {
    const char *meta_epoch; /* as Redis has it */
    const char *epoch;      /* as cursors have it */
    int64_t head;
    int64_t last_seq; /* of the last change in it; at most the head */
    bool full;        /* SYNC_PAGE changes: there may be more after last_seq */
};

/* Begins for VIEW, the ORDINAL-th of this worker: from it comes the moment of its checks. */
void sync_init(struct sync_step *self, const struct view *view, uint32_t ordinal);

/* Somebody wants the view, up to SEQ. True: it can be given at once. False: they have to wait, see sync_waited(). */
bool sync_asked(struct sync_step *self, int64_t seq, int64_t now_ms);

/* Somebody waits now. */
struct sync_actions sync_waited(struct sync_step *self, int64_t now_ms);

/* The subscription stands, or failed. */
struct sync_actions sync_subscribed(struct sync_step *self, bool stands, int64_t now_ms);

/* The page that was asked for came. */
struct sync_actions sync_page(struct sync_step *self, const struct sync_page *page, int64_t now_ms);

/* The page could not be read: Redis is out of reach, or its answer has the wrong shape. */
struct sync_actions sync_page_failed(struct sync_step *self);

/* All who waited were told that there is no view. USERS are those who want it now: some may have asked again. */
struct sync_actions sync_told(const struct sync_step *self, const struct sync_users *users);

/* A change came, with the number SEQ in the epoch META_EPOCH. */
struct sync_actions sync_change(struct sync_step *self, const char *meta_epoch, int64_t seq, int64_t now_ms);

/*
 * The workspace was deleted: what the page began is dropped again. USERS are those who want the view now: while there
 * are any, it is kept, and dropped after a later check.
 */
struct sync_actions sync_deleted(const struct sync_step *self, const struct sync_users *users);

/* Redis is back. RANK: how many subscribed views were compared with it before this one. */
struct sync_actions sync_recheck(struct sync_step *self, size_t rank, int64_t now_ms);

/* Every PRESENCE_TICK_MS: the slow check, if Redis is UP, and the end of a view that nobody uses. */
struct sync_actions sync_tick(struct sync_step *self, const struct sync_users *users, bool up, int64_t now_ms);

#endif
