/* SPDX-License-Identifier: ISC */
/*
 * The sessions whose polls this worker asked Redis about a short while ago. The next poll of such a session counts as a
 * beat without asking again: Redis is told of it later, unless a later beat makes that needless. So a session that
 * polls again and again costs one beat in a while. What is known of a session is forgotten as soon as anything else
 * happened to it, here or in another worker.
 *
 * A session takes some 200 bytes for a few seconds, and there are LIMIT_RECENT_SESSIONS at most. One that polls for the
 * first time in a while is not remembered: in a quiet workspace its next poll does not come so soon. Pure: no clock, no
 * Redis.
 */
#ifndef ROLLCALL_PRESENCE_RECENT_H
#define ROLLCALL_PRESENCE_RECENT_H

#include "base/list.h"
#include "base/stamps.h"
#include "base/table.h"
#include "view/status.h"

#include <stdbool.h>
#include <stdint.h>

struct beat;
struct conf;

struct recent {
    struct table_node node; /* first: by its key */
    struct list_node queue; /* in the order of asked_ms, nearly */
    int64_t asked_ms;       /* when Redis was asked about its poll, or could not be told; monotonic */
    int64_t owed_ms;        /* when a later poll came, of which Redis was not told; 0: there was none */
    int64_t beat;           /* the number of its poll; 0: not answered yet */
    int64_t n;              /* the count of its latest poll; -1: none */
    int64_t ends_ms;        /* when its lease ends, as its beat set it; Redis's time */
    int64_t revision;       /* the directory's, when its right was checked */
    enum status status;     /* as its polls said; STATUS_OFFLINE: they did not */
    bool doubtful;          /* Redis may have forgotten what is known here */
    bool out;               /* taken out, while it is asked about */
    uint8_t user_at, session_at;
    uint16_t key_len;
    char key[]; /* workspace, user, session, each NUL-ended */
};

struct recent_set {
    struct table table;
    struct list_node queue;
    struct stamps polled; /* which sessions asked, by their keys */
    int64_t again_ms;     /* for so long after a beat, polls need not ask */
    int64_t owe_ms;       /* after so long, Redis is told of the latest one */
};

/* Who a session belongs to; all borrowed. */
struct recent_id {
    const char *workspace;
    const char *user;
    const char *session;
};

/* An empty set, with the times that CONF's leases allow; frees what is in it. */
void recent_init(struct recent_set *self, const struct conf *conf);
void recent_fini(struct recent_set *self);

/* The ids of RECENT, borrowed from it. */
struct recent_id recent_id(const struct recent *recent);

/*
 * Redis is asked about BEAT, a poll, at NOW_MS. The result is to be given to recent_answered(); it is NULL if the
 * session is not remembered. What was known of the session is replaced.
 */
struct recent *recent_ask(struct recent_set *self, const struct beat *beat, int64_t now_ms, int64_t revision);

/*
 * Redis gave the poll of RECENT the number BEAT and a lease until ENDS_MS. BEAT is 0 if it failed, or was no beat: then
 * it is forgotten.
 */
void recent_answered(struct recent_set *self, struct recent *recent, int64_t beat, int64_t ends_ms);

/* The session of BEAT, if that poll, which comes at NOW_MS, need not be asked about; otherwise NULL. */
struct recent *recent_find(const struct recent_set *self, const struct beat *beat, int64_t now_ms, int64_t revision);

/* The poll BEAT of RECENT came at NOW_MS, and Redis is to be told of it later. */
void recent_owe(struct recent *recent, const struct beat *beat, int64_t now_ms);

/*
 * Takes the session ID out. Returns it if Redis is to be told of a poll of it: the caller owns it then, and frees it
 * with free().
 */
struct recent *recent_take(struct recent_set *self, const struct recent_id *id);

/*
 * The same for the session of BEAT, before Redis is asked about that. Takes nothing if BEAT is a long poll that
 * overtakes what is owed.
 */
struct recent *recent_take_before(struct recent_set *self, const struct beat *beat);

/* Takes the next session that Redis has to be told of by NOW_MS. The caller frees it. NULL if no session is due. */
struct recent *recent_take_due(struct recent_set *self, int64_t now_ms);

/*
 * Redis could not be told of RECENT, which was taken out: puts it back, to be tried again; or frees it, if something
 * else is known of its session by now.
 */
void recent_put_back(struct recent_set *self, struct recent *recent, int64_t now_ms);

/* Forgets the session ID, and what it owes, unless it had a poll with BEAT or a higher number. */
void recent_forget(struct recent_set *self, const struct recent_id *id, int64_t beat);

/* Forgets all sessions of USER, and what they owe. */
void recent_forget_user(struct recent_set *self, const char *workspace, const char *user);

/* From now on polls of all sessions ask again. What they owe is still to be told. */
void recent_doubt(struct recent_set *self);

#endif
