/* SPDX-License-Identifier: ISC */
/*
 * What the scripts answer, read and checked. Each function fills OUT and returns true if VALUE has the shape that its
 * script replies with; otherwise it returns false, and OUT means nothing. So an answer from anything else, a newer
 * script included, is recognized before it is believed. Numbers are from 0 to ANSWER_MAX: they can be added to one
 * another and to times. Texts are borrowed from VALUE.
 */
#ifndef ROLLCALL_PRESENCE_ANSWERS_H
#define ROLLCALL_PRESENCE_ANSWERS_H

#include "presence/presence.h"
#include "view/verdict.h"

struct redis_value;

#define ANSWER_MAX (INT64_C(1) << 53) /* what Lua and JavaScript count exactly */

/* What beat, leave, evict, mark and say reply. Each fills in what it knows; the rest is zero. */
struct answer {
    enum presence_result result;
    char epoch[EPOCH_LEN + 1]; /* as Redis has it */
    int64_t seq;
    int64_t now_ms;
    enum status own;
    enum status shown; /* of say */
    int64_t own_rev;   /* of say */
    bool alive;
    int64_t beat;
    bool ask;             /* a beat: Redis has to be told what the user says by hand */
    bool told;            /* another worker */
    bool renewed;         /* the lease: not by a poll that was sent again */
    struct change change; /* has no key; with seq 0 nothing changed. Its note is borrowed from the value */
};

/* What beat.lua, say.lua, leave.lua or evict.lua, and mark.lua reply. */
bool answer_beat(const struct redis_value *value, struct answer *out);
bool answer_say(const struct redis_value *value, struct answer *out);
bool answer_leave(const struct redis_value *value, struct answer *out);
bool answer_mark(const struct redis_value *value, struct answer *out);

/* Whether there is more to drop. */
bool answer_drop(const struct redis_value *value, bool *more);

struct answer_expire {
    int64_t now_ms;
    bool leapt;
    int64_t taken; /* leases, and ends of what was said by hand */
    int64_t malformed;
    int64_t ended; /* the latter */
};

/* What expire.lua replies to a call that takes at most BATCH leases and ends. */
bool answer_expire(const struct redis_value *value, int64_t batch, struct answer_expire *out);

/* The rank to go on from, or -1 for the end, of a portion of BATCH that began at FROM. */
bool answer_prune(const struct redis_value *value, int64_t from, int64_t batch, int64_t *next);

struct answer_adopt {
    int64_t next_seq; /* -1 for the end */
    int64_t until_seq;
    int64_t adopted;
};

/* A step of at most BATCH entries after AFTER. */
bool answer_adopt(const struct redis_value *value, int64_t after, int64_t batch, struct answer_adopt *out);

struct answer_changes {
    char epoch[EPOCH_LEN + 1];
    int64_t head;
    int64_t floor;
    int64_t now_ms;
    size_t count;     /* of changes */
    int64_t last_seq; /* of the last one; if there are no changes, what was asked for */
};

/* A page of at most LIMIT changes after SINCE. */
bool answer_changes(const struct redis_value *value, int64_t since, size_t limit, struct answer_changes *out);
/* Change I of a page that answer_changes() has taken; false for one that somebody else wrote, with its seq in OUT. */
bool answer_change(const struct redis_value *value, size_t i, struct change *out);

struct answer_sessions {
    int64_t now_ms;
    enum status own;
    size_t count;
};

/* What sessions.lua replies: the head of it; the sessions are read one by one. */
bool answer_sessions(const struct redis_value *value, struct answer_sessions *out);
/* Session I of those that answer_sessions() has taken. */
struct session_row answer_session(const struct redis_value *value, size_t i);

struct answer_own {
    int64_t now_ms;
    enum status own;
    enum status shown;
    int64_t rev; /* -1: nothing is said by hand */
};

/* What own.lua replies. */
bool answer_own(const struct redis_value *value, struct answer_own *out);

/* What truths.lua replies about COUNT users: what each of them is, into OUT, and Redis's time. */
bool answer_truths(const struct redis_value *value, size_t count, struct truth *out, int64_t *now_ms);

/* WORD as a number of 0 to ANSWER_MAX. */
bool answer_number(const char *word, int64_t *out);

#endif
