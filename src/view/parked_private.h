/* SPDX-License-Identifier: ISC */
/*
 * What a set of parked polls is made of, only for parked*.c. An unfiltered poll with user, session and token costs
 * less than 200 bytes with its share of everything.
 *
 *     set --- parked_view (one a view) -- waiting:  unfiltered polls, by arrival
 *      |        |    |                    filtered: filtered polls, by arrival
 *      |        |    |                    counting: those of them that are told the counts
 *      |        |    `------------------- pending:  polls that a change concerns, until the window is over
 *      |      person (one a user) ------- that user's polls, those with a session first
 *      |      a poll's reading ---------- the places that it asks for, see view/reading.h
 *      |-- ready: polls of all views that are to be answered now
 *      |-- ending: polls that a rule ends, to be answered now
 *      |-- held: streams that take nothing now
 *      `-- reviewed, unreviewed: all polls, by whether their right is still to be reviewed
 */
#ifndef ROLLCALL_VIEW_PARKED_PRIVATE_H
#define ROLLCALL_VIEW_PARKED_PRIVATE_H

#include "base/alarms.h"
#include "base/list.h"
#include "base/table.h"
#include "view/parked.h"

struct person {
    struct table_node node;     /* first: in its view's table, by user */
    struct parked_view *parked; /* borrowed: outlives its people */
    struct parked_poll *polls;  /* never empty */
    uint16_t count;             /* of them */
    uint8_t user_len;
    char user[]; /* user_len bytes and a NUL */
};

/* The polls of one view. */
struct parked_view {
    struct table_node node; /* first: in the set's table, by view */
    struct alarm window;    /* when the window is over; set while polls are pending */
    struct view *view;      /* borrowed: until parked_forget_view() */
    struct list_node waiting;
    struct list_node filtered;
    struct list_node counting;
    struct list_node pending;
    struct alarm counts; /* when those that are counting are told; set while the counts are news */
    struct table people;
    size_t count;                   /* polls, the ready ones included */
    int64_t fanned_out_ms;          /* when a window was last over */
    int64_t fanned_out_seq;         /* and what was told then */
    int64_t window_ms;              /* how long after that the next one is */
    int64_t changed_us;             /* the first change since then; 0: none */
    int64_t told_us;                /* the same, of those that were pending last */
    char lost_epoch[EPOCH_LEN + 1]; /* of the polls that last ended as lost */
};

/*
 * What a poll is narrowed to, in one piece of memory: the watched entries, then the poll's place among each one's
 * watchers, then the ids of strangers, each NUL-ended.
 */
struct watching {
    size_t count;
    uint32_t *at;          /* within this piece */
    const char *strangers; /* the same */
    size_t stranger_count;
    struct view_entry *entries[];
};

/* What a stream has beside a poll. */
struct parked_stream {
    enum view_start start;
    int64_t head;
    int64_t ping_ms, beat_ms;       /* as in stream_spec */
    int64_t ping_at_ms, beat_at_ms; /* when it is next to be told so; INT64_MAX: never */
    int64_t end_ms;
    bool held;
};

struct parked_poll {
    struct alarm alarm;       /* first: among the set's deadlines */
    struct list_node queue;   /* in one of the seven lists */
    struct list_node review;  /* in one of the set's two */
    struct parked_poll *prev; /* of the same person */
    struct parked_poll *next;
    struct person *person;
    struct conn *conn;            /* borrowed: handed back */
    struct watching *watching;    /* owned; NULL for everyone */
    struct parked_stream *stream; /* owned; NULL for a poll */
    struct reading *reading;      /* owned; NULL if it asks for no places */
    int64_t beat;
    int64_t seq;
    int64_t credential;
    uint32_t limit;
    uint16_t cors;
    bool by_credential : 1; /* the deadline is the end of the credential */
    bool concerned : 1;     /* pending, ready, ending or held */
    bool changed : 1;       /* concerned by a change, not only since it may be told more */
    bool counts : 1;        /* it is told the counts */
    bool own_news : 1;      /* its user is to read again what they say by hand */
    bool plain : 1;         /* they have said nothing, as far as is known */
    bool ending : 1;        /* with END */
    uint8_t end;            /* enum wake */
    char session[];         /* NUL-ended; "" for none */
};

/* What fan-outs cost; parked_window.c says how they are weighed. */
struct fanout_cost {
    int64_t unit_ns;    /* CPU of the worker for telling one stream */
    size_t told;        /* streams, since the last measurement */
    int64_t debt_us;    /* what fan-outs had cost and was not earned, at charged_ms */
    int64_t charged_ms; /* monotonic */
};

struct parked_set {
    const struct parked_calls *calls; /* borrowed */
    void *ctx;
    struct table views;
    struct alarms deadlines; /* of polls */
    struct alarms windows;   /* of views */
    struct alarms counts;    /* the same */
    struct list_node ready;
    struct list_node ending;
    struct list_node held;
    struct list_node reviewed;
    struct list_node unreviewed;
    struct fanout_cost cost;
    bool away;
    size_t count;
    size_t stream_count;
    struct parked_place_counts place_counts;
    /* What the last parked_remove() told of; owned. */
    char *user;
    char *session;
};

/* ---- parked_view.c: where polls are found ---- */

/* Makes an empty table of views; frees it and what is in it. */
void parked_views_init(struct parked_set *self);
void parked_views_fini(struct parked_set *self);

/* What is parked on VIEW: NULL if nothing ever was; made if there is none. */
struct parked_view *parked_view_find(const struct parked_set *self, const struct view *view);
struct parked_view *parked_view_get(struct parked_set *self, struct view *view);

/* The person with the id USER (LEN bytes): NULL if they have no polls; made if there is none. */
struct person *parked_person_find(const struct parked_view *parked, const char *user, size_t len);
struct person *parked_person_get(struct parked_view *parked, const char *user, size_t len);

/*
 * Adds POLL to those of PERSON. Those with a session come first: they are few, however many without one a client
 * opens.
 */
void parked_person_add(struct person *person, struct parked_poll *poll);

/* Removes POLL from those of its person, who stays until parked_person_release(). */
void parked_person_remove(struct parked_poll *poll);

/* Frees PERSON if they have no polls any more. */
void parked_person_release(struct person *person);

/* The poll of SESSION of USER (LEN bytes), or NULL. */
struct parked_poll *parked_session_find(const struct parked_view *parked, const char *user, size_t len,
                                        const char *session);

/* POLL as the callbacks see it; ONLY is left out. */
struct woken parked_woken(const struct parked_poll *poll);

/* Where POLL waits while nothing concerns it. */
struct list_node *parked_rest(const struct parked_poll *poll);

/* ---- parked_watch.c: which polls watch which entry ---- */

/* Lets POLL watch the entries of VIEW that SPEC names, if any. */
void watch_begin(struct view *view, struct parked_poll *poll, const struct poll_spec *spec);

/* From now on watch_each() does not find POLL; its entries are still held. */
void watch_leave(struct parked_poll *poll);

/* Lets go of the entries, after watch_leave(). */
void watch_end(struct view *view, struct parked_poll *poll);

/*
 * The COUNT entries that POLL asks for, with those of strangers who have one by now. The caller frees the array; NULL
 * if the poll is not narrowed.
 */
struct view_entry **watch_list(const struct view *view, const struct parked_poll *poll, size_t *count);

/* Calls FN for each poll that watches ENTRY; FN must not change which do. */
void watch_each(const struct view_entry *entry, void (*fn)(void *ctx, struct parked_poll *poll), void *ctx);

/* ---- parked_window.c: the window of a fan-out ---- */

/* A cost before anything was measured. */
void fanout_cost_init(struct fanout_cost *self);

/* Lets POLL, for which there is news, wait for the window of PARKED. */
void parked_pend(struct parked_set *self, struct parked_view *parked, struct parked_poll *poll);

/* Has the polls that are counting told the counts, within a second. */
void parked_counts_changed(struct parked_set *self, struct parked_view *parked, int64_t now_ms);

/* A change at NOW_US concerns POLL of PARKED, and perhaps others: it waits for the window. */
void parked_concern(struct parked_view *parked, struct parked_poll *poll);
void parked_begin_change(struct parked_view *parked, int64_t now_us);
void parked_end_change(struct parked_set *self, struct parked_view *parked, int64_t now_us);

/* Makes the polls ready that are pending in views whose window is over at NOW_MS. */
void parked_windows_open(struct parked_set *self, int64_t now_ms);

/* ---- parked_stream.c: what streams have of their own ---- */

/* What a stream has as SPEC says, with its first alarm in AT_MS; it ends at END_MS. NULL if SPEC is. */
struct parked_stream *parked_stream_new(const struct stream_spec *spec, int64_t end_ms, int64_t *at_ms);

/*
 * Tells the stream POLL, which is ready or whose alarm is due, what it has to be told at NOW_MS, and puts it where it
 * waits.
 */
void parked_stream_tell(struct parked_set *self, struct parked_poll *poll, int64_t now_ms);

/* Whether POLL is a stream that goes on after what is due at NOW_MS. */
bool parked_stream_goes_on(const struct parked_poll *poll, int64_t now_ms);

/* Lets the stream POLL last until END_MS at most. */
void parked_stream_end_by(struct parked_set *self, struct parked_poll *poll, int64_t end_ms);

/* ---- parked.c ---- */

/* Takes POLL out, answers it with WHY and frees it. */
void parked_wake(struct parked_set *self, struct parked_poll *poll, enum wake why);

#endif
