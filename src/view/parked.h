/* SPDX-License-Identifier: ISC */
/*
 * The polls that wait in one worker, of all workspaces: which change wakes which polls, when, in what portions, and
 * which have waited long enough. Pure: time is an argument, answers are given by a callback. A poll costs little more
 * than its names, since a worker holds more of them than of anything else.
 *
 * A stream is a poll that stays after it was answered: it is told of each change, and from time to time that it still
 * lives. All that is said of polls is true of streams. parked_stream.c has what they have of their own.
 *
 * After a quiet time, a change makes the polls that it concerns due at once. Further changes make them due a window
 * after that, so that a storm costs each client one answer a window. The window grows with what the fan-out costs, so
 * that all fan-outs together take about an eighth of a core for each worker, including the web server and Redis. If
 * they are of few polls each, it is a quarter. A window is at most 0.4 s, or parked / 20,000 s if that is more, and
 * never more than 2 s. A poll is sent again after each answer, so it costs more than a stream, and the window of
 * streams is shorter. A poll that comes before the window is over waits until then, too.
 *
 * A narrowed poll that is told the counts has news when they change. If there is no other news, that is at most once a
 * second, at full seconds of the clock, whichever worker it comes to.
 */
#ifndef ROLLCALL_VIEW_PARKED_H
#define ROLLCALL_VIEW_PARKED_H

#include "view/view.h"

struct conn;
struct parked_poll;
struct parked_set;
struct place;
struct reading;

enum wake {
    WAKE_NEWS,       /* something changed after its seq */
    WAKE_TIMEOUT,    /* it has waited as long as it may */
    WAKE_CREDENTIAL, /* its credential has expired or was revoked: 401 */
    WAKE_REMOVED,    /* its user is no longer a member: 403 */
    WAKE_SUPERSEDED, /* a newer poll of its session came */
    WAKE_CROWDED,    /* it is the oldest of more polls than its user may have: 429 */
    WAKE_DRAIN,      /* the worker stops */
    WAKE_LOST,       /* the view cannot be trusted any more */
    WAKE_AWAY,       /* Redis has been out of reach for too long: 503 */
    WAKE_LEFT,       /* its session has left; streams alone */
};

/* What a stream is told, while it goes on. */
enum tell {
    TELL_NEWS, /* what is after its cursor, perhaps nothing */
    TELL_PING, /* that it lives: nothing was told for a while */
    TELL_BEAT, /* to send a heartbeat for its session */
};

/* Whether a parked poll may go on waiting, as a review finds it. */
enum poll_right {
    POLL_ALLOWED,
    POLL_OWN_NEWS,         /* it may, and all of its user's are told as by parked_own() */
    POLL_CREDENTIAL_ENDED, /* ends as WAKE_CREDENTIAL */
    POLL_MEMBER_REMOVED,   /* ends as WAKE_REMOVED */
};

/*
 * The right of USER (LEN bytes), who polls VIEW with CREDENTIAL (as in struct poll_spec). Must not call into the set.
 */
typedef enum poll_right parked_right_fn(void *ctx, struct view *view, const char *user, size_t len, int64_t credential);

/* Where a stream begins, how long it lasts, and what it says without news. */
struct stream_spec {
    enum view_start start; /* how its first page starts */
    int64_t seq, head;     /* its cursor */
    int64_t now_ms;        /* monotonic */
    int64_t lasts_ms;
    int64_t ping_ms; /* how long it may say nothing */
    int64_t beat_ms; /* how often it asks for a heartbeat; 0: never */
};

/* What a poll is parked with; all borrowed, copied as needed. */
struct poll_spec {
    struct conn *conn; /* handed back on waking */
    const char *user;
    size_t user_len;
    const char *session;            /* NULL: the poll is not a beat */
    int64_t beat;                   /* the number its beat left with the session; 0 without one */
    int64_t seq;                    /* read up to here */
    int64_t now_ms, deadline_ms;    /* monotonic */
    int64_t credential;             /* id of the token, or 0 for a credential that cannot be revoked */
    int64_t credential_deadline_ms; /* monotonic; 0: does not expire */
    const char *const *only;        /* user=: the ids asked for, or NULL for everyone */
    const size_t *only_len;
    size_t only_count;
    /*
     * How many of the last in ONLY are strangers: no entries are made for them, since nothing of them changes before
     * the roster does.
     */
    size_t stranger_count;
    uint32_t limit;
    uint16_t cors; /* for the answer's headers; opaque here */
    bool own_news; /* of a stream: its first page says so, as in struct view_query */
    bool plain;    /* the user's own revision is known to be 0 */
    bool counts;   /* it is told the counts, of which those that are narrowed have news of their own */
    bool has_news; /* after SEQ; parked_holds_back() said that they have to wait */
    const struct stream_spec *stream; /* NULL: a poll */
    struct reading *reading;          /* taken over; NULL: it asks for no places */
};

/* A poll that was taken out to be answered, or a stream that is told something. Valid only during the callback. */
struct woken {
    struct conn *conn;
    struct view *view;
    const char *user;
    size_t user_len;
    const char *session; /* or NULL */
    int64_t beat;
    int64_t seq;
    struct view_entry *const *only;
    size_t only_count;
    struct reading *reading; /* or NULL */
    uint32_t limit;
    uint16_t cors;
    bool counts;
    bool own_news; /* something changed of what its user says by hand */
    bool plain;    /* as far as is known, they have said nothing: their own revision is 0 */
    bool is_stream;
    enum view_start start; /* of a stream: how its next page starts, with seq and head as its cursor */
    int64_t head;
    int64_t changed_us; /* monotonic: when the first change came that it is answered for; 0: it is not for a change */
    const char *lost;   /* the epoch of SEQ, if the view has begun again since, or is about to; else NULL */
};

/* Where a stream is after it was told something. */
struct tell_result {
    int64_t seq, head; /* its cursor */
    bool more;         /* another page is there already */
    bool said;         /* something was sent to it */
    bool held;         /* it takes nothing until parked_resume() */
};

/* How polls are answered, and streams told. Neither must call back into the set. */
struct parked_calls {
    void (*wake)(void *ctx, const struct woken *woken, enum wake why);
    struct tell_result (*tell)(void *ctx, const struct woken *stream, enum tell what);
};

/* A set that answers by CALLS (borrowed) with CTX. The caller frees it with parked_free(). */
struct parked_set *parked_new(const struct parked_calls *calls, void *ctx);

/* Frees SELF, which may be NULL. All polls must have been woken or removed before. */
void parked_free(struct parked_set *self);

/*
 * Parks a poll on VIEW. An older poll of the same view, user and session is woken as superseded before this returns,
 * and the user's oldest one as crowded if they have LIMIT_POLLS_PER_USER already. The result is what parked_remove()
 * takes; it is gone once the poll is woken.
 */
struct parked_poll *parked_add(struct parked_set *self, struct view *view, const struct poll_spec *spec);

/*
 * The conn of the poll that would end as crowded if USER (LEN bytes) parked one more on VIEW; NULL if there is room, or
 * if it is a stream.
 */
const struct conn *parked_crowded(const struct parked_set *self, const struct view *view, const char *user, size_t len);

/* STREAM, which was held, can be told more: it is due at once. */
void parked_resume(struct parked_set *self, struct parked_poll *stream);

/*
 * Takes POLL out without an answer, since its client went away. WOKEN (may be NULL) is set to what it was, its texts
 * valid until the next call; its entries are let go, so ONLY is NULL.
 */
void parked_remove(struct parked_set *self, struct parked_poll *poll, struct woken *woken);

/*
 * Whether news after SEQ has to wait: the window of VIEW is not over at NOW_MS, and who has read up to SEQ was told
 * what the last fan-out told.
 */
bool parked_holds_back(const struct parked_set *self, const struct view *view, int64_t seq, int64_t now_ms);

/* Tells that ENTRY of VIEW changed at NOW_US (monotonic, in us): the polls that it concerns become due. */
void parked_changed(struct parked_set *self, struct view *view, const struct view_entry *entry, int64_t now_us);

/*
 * Tells that what USER (LEN bytes) of VIEW says by hand changed: their own polls are due at once, without a window.
 * False if the user has no polls here.
 */
bool parked_own(struct parked_set *self, struct view *view, const char *user, size_t len);

/*
 * Tells that the set of PLACE, or who may know it, changed at NOW_US: the polls that ask for it become due, as with any
 * change.
 */
void parked_place_changed(struct parked_set *self, struct view *view, const struct place *place, int64_t now_us);

/* Whether USER (LEN bytes) has a poll on VIEW that asks for their conversations. */
bool parked_reads_dms(const struct parked_set *self, const struct view *view, const char *user, size_t len);

/* How often a poll became due because of a place; and how often because of one that it does not ask for. */
struct parked_place_counts {
    unsigned long wakeups, unconcerned;
};
const struct parked_place_counts *parked_place_counts(const struct parked_set *self);

/* Answers what is due at NOW_MS, at most BUDGET polls; true if more is due already. */
bool parked_run(struct parked_set *self, int64_t now_ms, size_t budget);

/*
 * Tells what the worker did since the last call: it used CPU_US of CPU and gave REPLIES answers, including those of
 * polls. If there were enough of them, this shows what a fan-out costs. To be called a few times a second.
 */
void parked_measure(struct parked_set *self, int64_t cpu_us, size_t replies);

/*
 * When parked_run() or parked_review_some() has something to do next, in ms (monotonic); 0: at once; -1: not before
 * something changes.
 */
int64_t parked_next_ms(const struct parked_set *self);

/* These end the polls that are parked now with WHY, as parked_run() gets to them: all of VIEW; all. */
void parked_end_view(struct parked_set *self, struct view *view, enum wake why);
void parked_end_all(struct parked_set *self, enum wake why);

/* Ends all polls of USER (LEN bytes) in VIEW with WHY, at once: they are at most LIMIT_POLLS_PER_USER. */
void parked_end_user(struct parked_set *self, struct view *view, const char *user, size_t len, enum wake why);

/* Ends the poll of SESSION of USER (both NUL-ended) in VIEW as superseded, if its beat is below BEAT. */
void parked_end_session(struct parked_set *self, struct view *view, const char *user, const char *session,
                        int64_t beat);

/*
 * Ends the stream of SESSION of USER (both NUL-ended) in VIEW, if its beat is not above BEAT: that session has ended
 * for good.
 */
void parked_session_left(struct parked_set *self, struct view *view, const char *user, const char *session,
                         int64_t beat);

/* A session whose lease is over. */
struct lapsed {
    const char *user, *session; /* borrowed, NUL-ended */
    int64_t beat;               /* its latest poll's */
    int64_t end_ms;             /* when its stream ends, if it has one */
};

/*
 * The stream of LAPSED in VIEW, if its beat is not above that one's, reads on until END_MS and then ends as one that
 * has lasted long enough.
 */
void parked_session_lapsed(struct parked_set *self, struct view *view, const struct lapsed *lapsed);

/*
 * Sets whether Redis is AWAY. While it is, all polls end as parked_run() gets to them: with WAKE_AWAY, or with the news
 * that they have already.
 */
void parked_set_away(struct parked_set *self, bool away);

/* Call it after tokens were revoked or members removed: all polls that are parked now are to be reviewed. */
void parked_review(struct parked_set *self);

/*
 * Asks RIGHT about the polls that are to be reviewed, at most BUDGET of them, and ends those that are no longer
 * allowed. True if more are left.
 */
bool parked_review_some(struct parked_set *self, parked_right_fn *right, void *ctx, size_t budget);

/* How many polls are parked: in all; of these streams; on VIEW. */
size_t parked_count(const struct parked_set *self);
size_t parked_stream_count(const struct parked_set *self);
size_t parked_count_view(const struct parked_set *self, const struct view *view);

/* Forgets VIEW, which is about to be freed; it must have no polls. */
void parked_forget_view(struct parked_set *self, struct view *view);

#endif
