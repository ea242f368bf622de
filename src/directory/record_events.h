/* SPDX-License-Identifier: ISC */
/*
 * What the log tells of writes that were made elsewhere, by another machine or with psql, and that people here have to
 * hear of: whoever wrote may have told them before this copy had it, or not at all.
 */
#ifndef ROLLCALL_DIRECTORY_RECORD_EVENTS_H
#define ROLLCALL_DIRECTORY_RECORD_EVENTS_H

#include "base/ids.h"

#include <stdbool.h>
#include <stddef.h>

enum record_event_kind {
    RECORD_ROSTER,         /* members of WORKSPACE, or its name, are different */
    RECORD_DMS,            /* conversations of USER are different */
    RECORD_MEMBER_GONE,    /* USER was removed by another program, so their sessions have not ended yet */
    RECORD_WORKSPACE_GONE, /* WORKSPACE was, so nothing of its presence was removed yet */
};

struct record_event {
    enum record_event_kind kind;
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1]; /* "" if it is not about a user */
};

enum { RECORD_EVENTS_MAX = 100000 }; /* 20 MB. Further ones are dropped: pages hear of the next change */

/* Zeroed memory is an empty list. */
struct record_events {
    struct record_event *list; /* owned */
    size_t count;
    size_t capacity;
};

/* A row of the log. All texts are borrowed; they may be NULL, except for TABLE. */
struct record_row {
    const char *table;
    bool is_delete;
    bool by_hand; /* another program than rollcalld wrote it */
    const char *workspace;
    const char *user;
};

/* Adds what follows from ROW, if that is not what was added just before. */
void record_events_note(struct record_events *self, const struct record_row *row);

/* Moves all events of FROM to the end of SELF. */
void record_events_take(struct record_events *self, struct record_events *from);

/* Frees what SELF holds, and makes it empty. */
void record_events_clear(struct record_events *self);

#endif
