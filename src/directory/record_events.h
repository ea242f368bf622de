/* SPDX-License-Identifier: ISC */
/*
 * What the log tells of writes that were made elsewhere, by another machine or with psql, and that people here have to
 * hear of: the writer may have told them before this copy had it, or not at all.
 */
#ifndef ROLLCALL_DIRECTORY_RECORD_EVENTS_H
#define ROLLCALL_DIRECTORY_RECORD_EVENTS_H

#include "base/ids.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_event_kind {
    RECORD_ROSTER,         /* members of WORKSPACE, or its name, are different */
    RECORD_DMS,            /* conversations of USER are different */
    RECORD_MEMBER_GONE,    /* USER was removed. Until now they may have begun sessions here */
    RECORD_WORKSPACE_GONE, /* WORKSPACE was */
    RECORD_STATUS,         /* another program changed what USER says by hand, so Redis was not told */
    RECORD_SILENCE,        /* what USER said by hand, up to REV, was removed. Until now it may have been told here */
};

struct record_event {
    enum record_event_kind kind;
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1]; /* "" if it is not about a user */
    int64_t rev;
};

enum { RECORD_EVENTS_MAX = 100000 }; /* 20 MB. Further ones are dropped: pages hear of the next change */

/* Zeroed memory is an empty list. */
struct record_events {
    struct record_event *list; /* owned */
    size_t count;
    size_t capacity;
    size_t told; /* of the first ones, which are still there */
};

/* A row of the log. All texts are borrowed; they may be NULL, except for TABLE. */
struct record_row {
    const char *table;
    bool is_delete;
    bool is_count; /* it is a workspace in which a conversation was opened */
    bool by_hand;  /* another program than rollcalld wrote it */
    const char *workspace;
    const char *user;
    const char *rev; /* of what the user says by hand */
};

/* Adds an event, if it was not added just before. USER is "" if it is not about one. */
void record_events_add(struct record_events *self, enum record_event_kind kind, const char *workspace,
                       const char *user);

/* The same for RECORD_SILENCE. */
void record_events_add_silence(struct record_events *self, const char *workspace, const char *user, int64_t rev);

/* Adds what follows from ROW, if that is not what was added just before. */
void record_events_note(struct record_events *self, const struct record_row *row);

/* Moves all events of FROM to the end of SELF. */
void record_events_take(struct record_events *self, struct record_events *from);

/* Tells of the first of COUNT events, one at least. Returns how many it has told of. */
typedef size_t record_events_fn(void *ctx, const struct record_event *events, size_t count);

/*
 * Calls FN with CTX until all events are told and removed, but after UNTIL_US of the monotonic clock no more: once at
 * least. Returns whether some are left.
 */
bool record_events_tell(struct record_events *self, record_events_fn *fn, void *ctx, int64_t until_us);

/* Frees what SELF holds, and makes it empty. */
void record_events_clear(struct record_events *self);

#endif
