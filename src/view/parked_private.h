/* SPDX-License-Identifier: ISC */
/*
 * What a set of parked polls is made of: for parked.c, parked_end.c, parked_run.c and parked_watch.c
 * alone. An unfiltered poll with
 * user, session and token costs less than 200 bytes with its share of everything.
 *
 *     set --- place (one a view) --- waiting:  unfiltered polls, by arrival
 *      |        |    |               filtered: filtered polls, by arrival
 *      |        |    `-------------- pending:  those whom a change concerns, until the place's window is over
 *      |      person (one a user) -- that user's polls, those with a session first
 *      |-- ready: those of all places that are to be answered now
 *      `-- reviewed, unreviewed: all, by whether their right is to be looked at
 */
#ifndef ROLLCALL_VIEW_PARKED_PRIVATE_H
#define ROLLCALL_VIEW_PARKED_PRIVATE_H

#include "base/alarms.h"
#include "base/list.h"
#include "view/parked.h"
#include "base/table.h"

struct person {
    struct table_node node; /* first: in its place's table, by user */
    struct place *place;    /* borrowed: outlives its people */
    struct poll *polls;     /* never empty */
    uint16_t count;         /* of them */
    uint8_t user_len;
    char user[]; /* user_len bytes and a NUL */
};

struct place {
    struct table_node node; /* first: in the set's table, by view */
    struct alarm window;    /* set while somebody is pending: when their window is over */
    struct view *view;      /* borrowed: until parked_forget_view() */
    struct list_node waiting;
    struct list_node filtered;
    struct list_node pending;
    struct table people;
    size_t count;          /* polls, the ready ones included */
    int64_t fanned_out_ms; /* when a window was last over */
    int64_t window_ms;     /* how long after that the next one is */
};

/*
 * Whom a poll is narrowed to, in one piece of memory: the watched entries, then where the poll stands among each one's
 * watchers, then the ids of strangers, each NUL-ended.
 */
struct watching {
    size_t count;
    uint32_t *at;          /* within this piece */
    const char *strangers; /* the same */
    size_t stranger_count;
    struct view_entry *entries[];
};

struct poll {
    struct alarm alarm;      /* first: the set's deadlines */
    struct list_node queue;  /* in one of the four lists */
    struct list_node review; /* in one of the set's two */
    struct poll *prev;       /* of the same person */
    struct poll *next;
    struct person *person;
    struct conn *conn;         /* borrowed: handed back */
    struct watching *watching; /* owned; NULL for everyone */
    int64_t beat;
    int64_t seq;
    int64_t credential;
    uint32_t limit;
    uint16_t cors;
    bool by_credential : 1; /* the alarm is the credential's end */
    bool concerned : 1;     /* pending or ready */
    char session[];         /* NUL-ended; "" for none */
};

struct parked_set {
    parked_wake_fn *wake;
    void *ctx;
    struct table places;
    struct alarms deadlines; /* of polls */
    struct alarms windows;   /* of places */
    struct list_node ready;
    struct list_node reviewed;
    struct list_node unreviewed;
    bool away;
    size_t count;
    /* What parked_remove() told of last: */
    char *user;
    char *session;
};

/* ---- parked.c ---- */

struct place *parked_place(const struct parked_set *self, const struct view *view);
struct person *parked_person(const struct place *place, const char *user, size_t len);

/* The poll of SESSION of USER, or NULL. */
struct poll *parked_session(const struct place *place, const char *user, size_t len, const char *session);

/* Takes POLL out, answers it with WHY and frees it. */
void parked_wake(struct parked_set *self, struct poll *poll, enum wake why);

/* ---- parked_watch.c: who watches which entry ---- */

/* Lets POLL of VIEW watch what SPEC names, if anything. */
void watch_begin(struct view *view, struct poll *poll, const struct poll_spec *spec);

/* POLL is not to be found by watch_each() any more; its entries are still held. */
void watch_leave(struct poll *poll);

/* Lets go of the entries, after watch_leave(). */
void watch_end(struct view *view, struct poll *poll);

/*
 * The COUNT entries of POLL, those included of strangers who are none any more. The array is the caller's; NULL where the poll is
 * not narrowed.
 */
struct view_entry **watch_list(const struct view *view, const struct poll *poll, size_t *count);

/* FN for each poll that watches ENTRY; it must not change who does. */
void watch_each(const struct view_entry *entry, void (*fn)(void *ctx, struct poll *poll), void *ctx);

#endif
