/* SPDX-License-Identifier: ISC */
/* See record_events.h. */
#include "directory/record_events.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT = 4 }; /* a removed member is two or three events, and each names the workspace */

static bool is_recent(const struct record_events *self, const struct record_event *event)
{
    for (size_t i = 1; i <= RECENT && i <= self->count; i++) {
        const struct record_event *last = &self->list[self->count - i];
        if (last->kind == event->kind && last->rev == event->rev && strcmp(last->workspace, event->workspace) == 0 &&
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

static void add(struct record_events *self, struct record_event *event, const char *workspace, const char *user)
{
    snprintf(event->workspace, sizeof event->workspace, "%s", workspace);
    snprintf(event->user, sizeof event->user, "%s", user);
    if (!is_recent(self, event))
        append(self, event);
}

void record_events_add(struct record_events *self, enum record_event_kind kind, const char *workspace, const char *user)
{
    add(self, &(struct record_event){.kind = kind}, workspace, user);
}

void record_events_add_silence(struct record_events *self, const char *workspace, const char *user, int64_t rev)
{
    add(self, &(struct record_event){.kind = RECORD_SILENCE, .rev = rev}, workspace, user);
}

static void note_workspace(struct record_events *self, const struct record_row *row)
{
    if (row->is_count)
        return;
    if (!row->is_delete)
        record_events_add(self, RECORD_ROSTER, row->workspace, "");
    else
        record_events_add(self, RECORD_WORKSPACE_GONE, row->workspace, "");
}

static void note_member(struct record_events *self, const struct record_row *row)
{
    record_events_add(self, RECORD_ROSTER, row->workspace, "");
    if (row->is_delete)
        record_events_add(self, RECORD_MEMBER_GONE, row->workspace, row->user);
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
        record_events_add(self, RECORD_DMS, row->workspace, row->user);
    else if (row->is_delete && row->rev && strcmp(row->table, "status") == 0)
        record_events_add_silence(self, row->workspace, row->user, atoll(row->rev));
    else if (row->by_hand && (strcmp(row->table, "status") == 0 || strcmp(row->table, "layer") == 0))
        record_events_add(self, RECORD_STATUS, row->workspace, row->user);
}

void record_events_take(struct record_events *self, struct record_events *from)
{
    for (size_t i = 0; i < from->count; i++)
        append(self, &from->list[i]);
    record_events_clear(from);
}

bool record_events_tell(struct record_events *self, record_events_fn *fn, void *ctx, int64_t until_us)
{
    if (self->told == self->count)
        return false;
    do
        self->told += fn(ctx, self->list + self->told, self->count - self->told);
    while (self->told < self->count && clock_mono_us() < until_us);
    if (self->told < self->count)
        return true;
    record_events_clear(self);
    return false;
}

void record_events_clear(struct record_events *self)
{
    free(self->list);
    *self = (struct record_events){0};
}
