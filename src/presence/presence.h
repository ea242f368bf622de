/* SPDX-License-Identifier: ISC */
/*
 * A worker's presence. Redis decides who is here; this calls its scripts, keeps a view of each workspace that somebody
 * asks about, lets leases lapse, and tells the parked polls of changes. Every call is answered exactly once, and never
 * as "offline" because something broke. Needs presence_tick() every PRESENCE_TICK_MS.
 *
 *     presence.c    wires the others, and takes what Redis says: that it is up or down, and what changed
 *     beats.c       signs of life and leaving; recent.c has the polls that need not ask Redis
 *     calls.c       a call for each other script that requests need, built by script_call.c; pending.c is one under way
 *     effects.c     what a script did, taken in; and the removal of a member
 *     drop.c        the end of a workspace; leftover.c is what a lost call may have left of one
 *     messages.c    what the channels say
 *     says.c        gives Redis what users say by hand; repair.c does again, if Redis may not have it (untold.c)
 *     own_news.c    what a user says by hand, for their own polls
 *     view_sync.c   views, subscribed and kept whole; sync_step.c decides how
 *     expiry.c      the lapse of a lease; expiry_step.c decides when it is held
 *     prune.c       forgets users who have been offline for long; walk.c goes through the workspaces
 *     adopt.c       gives a lease to users who are shown and have lost theirs
 *     truths.c      what many users are, whatever others see
 *     place_calls.c   who is at which place, said and read; place_answers.c is what the scripts answer
 *     place_sync.c    the sets of places that readers ask for, kept up to date
 *     hook_calls.c  how far webhooks have come, and whose turn it is to deliver
 */
#ifndef ROLLCALL_PRESENCE_PRESENCE_H
#define ROLLCALL_PRESENCE_PRESENCE_H

#include "view/parked.h"
#include "view/status.h"
#include "view/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct directory;
struct event_base;
struct place_set;
struct place_thing;
struct place_wants;
struct presence;
struct redis_router;
struct truth;

enum { PRESENCE_TICK_MS = 250 };

struct presence_events {
    void *ctx;
    /* Called once: leases that were due before are settled, or Redis cannot be reached. Requests may be served now. */
    void (*on_ready)(void *ctx);
    /* Some parked poll became due: ask parked_next_ms(). */
    void (*on_due)(void *ctx);
    /* May be NULL. ENTRY of VIEW is about to change, and is still as it was. */
    void (*before_change)(void *ctx, struct view *view, const struct view_entry *entry);
};

struct presence_stats {
    unsigned long changes;          /* taken into views */
    unsigned long lapses;           /* leases that this process ended */
    unsigned long fetches;          /* reads of what changed: whole views, gaps, checks */
    unsigned long views;            /* kept whole now */
    unsigned long holds;            /* times that expiry was held */
    unsigned long places;           /* held now */
    unsigned long place_reads;      /* of their sets */
    unsigned long place_renderings; /* of answers with them */
};

/* CONF, DIRECTORY (whose workspaces are pruned) and PARKED are borrowed. Connects to Redis at once. */
struct presence *presence_new(struct event_base *base, const struct conf *conf, struct directory *directory,
                              struct parked_set *parked, const struct presence_events *events);

/*
 * Lets the workers of one master, also those that follow each other, know two things by PAGE, memory that all of them
 * map (MAP_SHARED, zeroed, PRESENCE_SHARED_BYTES, outliving SELF): when one of them last found that everybody could
 * beat, so that a new one holds expiry after an outage that it has not seen; and when one last began to drain, since
 * polls of a worker that has ended in good order are not sent again. Optional; right after presence_new().
 */
enum { PRESENCE_SHARED_BYTES = 16 };
void presence_share(struct presence *self, void *page);

/*
 * SELF only reads: it serves nobody, so no lease lapses because of it, and nobody's words by hand are sent again. Right
 * after presence_new(). on_ready is never called.
 */
void presence_follow(struct presence *self);

/* Answers every call that is under way, then frees SELF, which may be NULL. The polls must have been ended before. */
void presence_free(struct presence *self);

/* The connections to Redis; borrowed, valid as long as SELF. */
struct redis_router *presence_redis(struct presence *self);

/* Whether the Redis that has WORKSPACE can be used. */
bool presence_up(const struct presence *self, const char *workspace);

/*
 * Whether the Redis that has WORKSPACE has been out of reach for longer than a failover takes: it is gone, does not
 * answer, or refuses. The other one: whether that is so for all workspaces.
 */
bool presence_away(const struct presence *self, const char *workspace);
bool presence_all_away(const struct presence *self);

/* The time now of the Redis that has WORKSPACE, ms, as the worker has followed it; 0 before it was first known. */
int64_t presence_now_ms(const struct presence *self, const char *workspace);

/*
 * The same for readers to compare with what they are told, and for nothing that is stored or decided. While it is not
 * known, that of the Redis that had WORKSPACE; before any is, this machine's.
 */
int64_t presence_shown_ms(const struct presence *self, const char *workspace);

/* The counts, kept up to date; borrowed, valid as long as SELF. */
const struct presence_stats *presence_stats(const struct presence *self);

/* To be called every PRESENCE_TICK_MS with the monotonic time: expiry, checks of views, dropping of unused ones. */
void presence_tick(struct presence *self, int64_t now_ms);

/*
 * ---- beats.c, calls.c, drop.c, effects.c ----
 *
 * Ids are as base/ids.h says: a workspace's has at most IDS_WORKSPACE_MAX bytes, a user's at most IDS_USER_MAX, a
 * session's at most IDS_SESSION_MAX. Callers have checked what came from outside; a longer workspace or user
 * aborts. All texts are borrowed until the function returns.
 */

enum presence_result {
    PRESENCE_OK,
    PRESENCE_ENDED,       /* the session was ended for good */
    PRESENCE_FULL,        /* the user has as many sessions as allowed */
    PRESENCE_UNAVAILABLE, /* Redis cannot do it now; try again later */
};

enum beat_kind { BEAT_JOIN, BEAT_HEARTBEAT, BEAT_POLL };

struct beat {
    const char *workspace;
    const char *user;
    const char *session;
    enum beat_kind kind;
    enum status status; /* STATUS_OFFLINE: as it was, active at first */
    int64_t n;          /* the client's own count; -1: none */
    int64_t wait_ms;    /* how long a poll may wait; 0 for streams and others */
    bool stream;        /* the poll goes on as a stream: it is told when the session ends */
};

struct presence_reply {
    enum presence_result result;
    struct cursor cursor; /* the head, with the change that was made */
    int64_t now_ms;       /* Redis's time */
    enum status status;   /* the user's own, of all sessions and of what they say by hand */
    enum status shown;    /* to others; of presence_say() and presence_own() */
    int64_t own_rev;      /* of what they say by hand, with the times that are over; -1: nothing. Of the same two */
    bool alive;           /* the session's lease had not lapsed */
    int64_t beat;         /* the number that this beat left with the session */
    int64_t waited_ms;    /* of a poll that a proxy sent again: how long ago it came first; of others 0 */
    bool changed;         /* others see another status of the user now */
    bool told;            /* of a poll: another worker is told; see presence_settle() */
};

typedef void presence_reply_fn(void *ctx, const struct presence_reply *reply);

/* Renews the lease of a session and settles its user. */
void presence_beat(struct presence *self, const struct beat *beat, presence_reply_fn *done, void *ctx);

/*
 * Calls FN once with CTX when the workers that were told of a poll in WORKSPACE have that: an answer that comes at once
 * has to wait for it. Otherwise the client's next poll could come to such a worker sooner. All other calls wait by
 * themselves.
 */
void presence_settle(struct presence *self, const char *workspace, void (*fn)(void *ctx), void *ctx);

/*
 * Counts BEAT, a poll, without asking Redis, if this worker asked about another poll of that session a short while ago
 * and nothing can have happened to it since. Redis is told later. Returns the number of the other poll, which is then
 * that of this one too; or 0: call presence_beat().
 */
int64_t presence_beat_again(struct presence *self, const struct beat *beat);

/* From now on Redis is asked about every poll, and told of those that it was not asked about. */
void presence_drain(struct presence *self);

/* Whether Redis was told of them, after presence_drain(). */
bool presence_drained(const struct presence *self);

enum leave_mode { LEAVE_NOW, LEAVE_GRACE, LEAVE_CLOSED };

struct leave {
    const char *workspace;
    const char *user;
    const char *session;
    enum leave_mode mode;
    int64_t beat; /* with LEAVE_CLOSED: nothing happens if the session had a later beat than this; otherwise 0 */
    int64_t n;    /* the client's own count: nothing happens if it is lower than one seen before; -1: none */
};

/* Ends a session, or cuts its lease to the grace. DONE may be NULL. */
void presence_leave(struct presence *self, const struct leave *leave, presence_reply_fn *done, void *ctx);

/*
 * USER is not a member any more: removes their sessions and what is known of them, and tells everyone. DONE may be
 * NULL.
 */
void presence_evict(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx);

/* What has to be read again: the roster, by everyone; their DMs, by USERS (COUNT of them). */
struct presence_marks {
    bool roster;
    const char *const *users;
    size_t count;
};

/* Sets all of MARKS, at least one. DONE may be NULL. */
void presence_mark(struct presence *self, const char *workspace, const struct presence_marks *marks,
                   presence_reply_fn *done, void *ctx);

/*
 * The workspace was deleted: removes all its keys. USER, or NULL, is one who may have sessions there that nobody was
 * told of. DONE may be NULL.
 */
void presence_drop(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx);

/* A session as Redis has it. */
struct session_row {
    const char *session;
    const char *status; /* "active", "away", "ended" */
    const char *flag;   /* "-", "l": ended by leave, in its grace, "c": connection lost, in its grace */
    int64_t lease_ends_ms;
};

typedef void presence_session_fn(void *ctx, const struct session_row *row);

/*
 * Gets a user's sessions: ON_SESSION is called for each, then ON_END once; after a failure only ON_END. Both get CTX.
 */
struct session_reader {
    presence_session_fn *on_session;
    presence_reply_fn *on_end;
    void *ctx;
};

/* Reads the sessions of a user, those included that ended lately and are remembered. */
void presence_sessions(struct presence *self, const char *workspace, const char *user,
                       const struct session_reader *reader);

/* ---- says.c ---- */

/* Gives Redis what USER says by hand, as the directory has it now, and shows others what follows. DONE may be NULL. */
void presence_say(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx);

/*
 * The same after something with REV, which the directory does not have any more: if USER says nothing by now, that ends
 * in Redis too.
 */
void presence_say_after(struct presence *self, const char *workspace, const char *user, int64_t rev);

/* The same for all of WORKSPACE who say something, at once, in portions: its policy has changed. */
void presence_say_all(struct presence *self, const char *workspace);

/*
 * Whether the directory may be older than what others have told Redis. If so, what users say is not told again for ten
 * seconds from when a part of Redis was last found, in which it may catch up; for thirty if parts come and go.
 */
void presence_doubt_directory(struct presence *self, bool doubts);

/* Reads what USER is and what others see of them: status, shown, own_rev and now_ms of the reply. */
void presence_own(struct presence *self, const char *workspace, const char *user, presence_reply_fn *done, void *ctx);

/* ---- truths.c ---- */

/* Some users of a workspace, and a place, or NULL. All is borrowed for the call. */
struct truths_query {
    const char *workspace;
    const char *const *users;
    size_t count;
    const char *place;
};

/* Gets what each of the users is (view/verdict.h), borrowed, and Redis's time; NULL: Redis cannot be read now. */
typedef void presence_truths_fn(void *ctx, const struct truth *truths, int64_t now_ms);

/*
 * Asks Redis, once, what the users of QUERY are. Of those who are invisible and do not want to be disturbed, it knows
 * what others may see. Who was never seen, or is not a member, is offline. FN is called once with CTX, never before
 * this returns.
 */
void presence_truths(struct presence *self, const struct truths_query *query, presence_truths_fn *fn, void *ctx);

/* ---- place_calls.c ---- */

/* What a session does at a place. Texts are borrowed until the function returns. */
struct place_deed {
    const char *workspace;
    const char *user;
    const char *session; /* NULL with presence_from(): all sessions of the user */
    const char *place;   /* place_name_ok() */
    const char *doing;   /* place_doing_ok(); NULL with presence_from(): everything */
    int64_t for_ms;      /* with presence_at(): how long, if it is not said again */
    int64_t n;           /* the client's own count: nothing happens if it is lower than one seen before; -1: none */
};

/*
 * A session is at a place; saying so again renews that. OK too, and nothing happens, if the user is invisible, or types
 * and does not want that told. ENDED: the session is not live. FULL: more than LIMIT_PLACES_PER_SESSION or
 * LIMIT_THINGS_PER_USER. Of the reply, result, now_ms and changed (others see another set) are set.
 */
void presence_at(struct presence *self, const struct place_deed *deed, presence_reply_fn *done, void *ctx);

/*
 * Whether DEED need not be told to Redis now: this worker has told it the same, knows that nothing else happened to
 * that since, and will tell it in time that it goes on. If not, call presence_at(). From then on this worker hears what
 * happens at the places of VIEW, its view of the workspace; or NULL if it has none.
 */
bool presence_at_again(struct presence *self, struct view *view, const struct place_deed *deed);

/* It ends that. OK too if it did not do it. DONE may be NULL. */
void presence_from(struct presence *self, const struct place_deed *deed, presence_reply_fn *done, void *ctx);

/* Gets the set of a place, borrowed; NULL: Redis cannot be read now. */
typedef void presence_place_fn(void *ctx, const struct place_set *set);

/* Reads who is at PLACE. FN is called once with CTX, never before this returns. */
void presence_place(struct presence *self, const char *workspace, const char *place, presence_place_fn *fn, void *ctx);

/* Gets COUNT things that are done at a place, as long as they are, borrowed; NULL: Redis cannot be read now. */
typedef void presence_things_fn(void *ctx, const struct place_thing *things, size_t count);

/* The same one by one, those that end first before the others. */
void presence_things(struct presence *self, const char *workspace, const char *place, presence_things_fn *fn,
                     void *ctx);

/* Gets COUNT names of places where somebody may be, borrowed; NULL: Redis cannot be read now. */
typedef void presence_places_fn(void *ctx, const char *const *names, size_t count);

/*
 * Reads the names of places where somebody is or was lately, LIMIT_PLACES_PAGE at most, from the FROM-th on. FN is
 * called once with CTX, never before this returns.
 */
void presence_places(struct presence *self, const char *workspace, size_t from, presence_places_fn *fn, void *ctx);

/* ---- place_sync.c ---- */

/*
 * Sees to it that what WANTS (view/reading.h) asks for is known to the places of VIEW, and that they hear of changes
 * from now on. Calls FN once with CTX and the view when that is so, or cannot be now: before this returns if it is so
 * already. The view may not be whole by then. With NULL if it is gone. WANTS is borrowed until then.
 */
void presence_want_places(struct presence *self, struct view *view, const struct place_wants *wants,
                          void (*fn)(void *ctx, struct view *view), void *ctx);

/* ---- own_news.c ---- */

/* What USER says by hand has the revision REV: their own polls are told, if the view of WORKSPACE did not know. */
void presence_own_news(struct presence *self, const char *workspace, const char *user, int64_t rev);

/* ---- view_sync.c ---- */

/*
 * Calls FN once with the view of WORKSPACE when it is whole and its head is SEQ at least: before this returns if it
 * is so already, otherwise later. With NULL if Redis cannot be reached. The view is valid during the callback, and as
 * long as polls are parked on it.
 */
void presence_view(struct presence *self, const char *workspace, int64_t seq, void (*fn)(void *ctx, struct view *view),
                   void *ctx);

/* The view if it is whole right now, otherwise NULL: for reading what is known, without waiting. Valid as above. */
struct view *presence_view_now(struct presence *self, const char *workspace);

#endif
