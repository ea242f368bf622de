/* SPDX-License-Identifier: ISC */
/* See record_events.h. */
#include "directory/record_events.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT = 4 }; /* a removed member is two or three events, and each names the workspace */

static bool is_recent(const struct record_events *self, const struct record_event *event)
{
    for (size_t i = 1; i <= RECENT && i <= self->count; i++) {
        const struct record_event *last = &self->list[self->count - i];
        if (last->kind == event->kind && strcmp(last->workspace, event->workspace) == 0 &&
            strcmp(last->user, event->user) == 0)
            return true;
    }
    return false;
}

static void append(struct record_events *self, const struct record_event *event)
{
    if (self->count == RECORD_EVENTS_MAX)
        return;
    if (self->count == self->capacity) {
        self->capacity = self->capacity > 0 ? 2 * self->capacity : 16;
        self->list = mem_resize(self->list, self->capacity, sizeof *self->list);
    }
    self->list[self->count++] = *event;
}

static void add(struct record_events *self, enum record_event_kind kind, const char *workspace, const char *user)
{
    struct record_event event = {.kind = kind};
    snprintf(event.workspace, sizeof event.workspace, "%s", workspace);
    snprintf(event.user, sizeof event.user, "%s", user);
    if (!is_recent(self, &event))
        append(self, &event);
}

static void note_workspace(struct record_events *self, const struct record_row *row)
{
    if (!row->is_delete)
        add(self, RECORD_ROSTER, row->workspace, "");
    else if (row->by_hand)
        add(self, RECORD_WORKSPACE_GONE, row->workspace, "");
}

static void note_member(struct record_events *self, const struct record_row *row)
{
    add(self, RECORD_ROSTER, row->workspace, "");
    if (row->is_delete && row->by_hand)
        add(self, RECORD_MEMBER_GONE, row->workspace, row->user);
}

void record_events_note(struct record_events *self, const struct record_row *row)
{
    if (!row->workspace || strlen(row->workspace) > IDS_WORKSPACE_MAX)
        return;
    if (strcmp(row->table, "workspace") == 0)
        note_workspace(self, row);
    if (!row->user || strlen(row->user) > IDS_USER_MAX)
        return;
    if (strcmp(row->table, "member") == 0)
        note_member(self, row);
    else if (strcmp(row->table, "dm_participant") == 0)
        add(self, RECORD_DMS, row->workspace, row->user);
}

void record_events_take(struct record_events *self, struct record_events *from)
{
    for (size_t i = 0; i < from->count; i++)
        append(self, &from->list[i]);
    record_events_clear(from);
}

void record_events_clear(struct record_events *self)
{
    free(self->list);
    *self = (struct record_events){0};
}
