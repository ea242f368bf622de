/* SPDX-License-Identifier: ISC */
/* One entry of a view: a person, or a mark, and its latest change. */
#include "view/view_private.h"

#include "base/ids.h"
#include "base/mem.h"
#include "view/note.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct view_entry *view_entry_new(const char *key, size_t len)
{
    assert(len > 0 && len <= IDS_USER_MAX + 1);
    struct view_entry *entry = mem_new(offsetof(struct view_entry, key) + len + 1);
    entry->key_len = (uint8_t)len;
    memcpy(entry->key, key, len);
    view_entry_reset(entry);
    return entry;
}

void view_entry_free(struct view_entry *entry)
{
    free(entry->note);
    free(entry);
}

static void forget_said(struct view_entry *entry)
{
    free(entry->note);
    entry->note = NULL;
    entry->seen = SEEN_EXACT;
}

void view_entry_reset(struct view_entry *entry)
{
    forget_said(entry);
    entry->seq = 0;
    entry->since_ms = 0;
    entry->status = STATUS_OFFLINE;
    entry->why = WHY_LAPSED;
    entry->slot = 0;
    list_init(&entry->shown);
}

static void set_note(struct view_entry *entry, const struct change *change)
{
    struct note note;
    note_read(change->note, change->note_len, &note);
    entry->seen = (unsigned)note.seen & 3;
    if (note.shown_len > 0)
        entry->note = mem_copy(note.shown, note.shown_len);
}

void view_entry_set(struct view_entry *entry, const struct change *change)
{
    forget_said(entry);
    entry->seq = change->seq;
    int64_t since_ms = change->since_ms < 0 ? 0 : change->since_ms;
    if (since_ms > VIEW_SINCE_MAX)
        since_ms = VIEW_SINCE_MAX;
    entry->since_ms = (uint64_t)since_ms & VIEW_SINCE_MAX;
    entry->status = (unsigned)change->status & 3;
    entry->why = (unsigned)change->why & 7;
    if (view_entry_kind(entry) != VIEW_PERSON)
        entry->status = STATUS_OFFLINE;
    else if (change->note_len > 0)
        set_note(entry, change);
}

const char *view_entry_key(const struct view_entry *entry, size_t *len)
{
    *len = entry->key_len;
    return entry->key;
}

enum view_kind view_entry_kind(const struct view_entry *entry)
{
    if (entry->key[0] != VIEW_MARK)
        return VIEW_PERSON;
    return entry->key_len == 1 ? VIEW_ROSTER : VIEW_DMS;
}

enum status view_entry_status(const struct view_entry *entry)
{
    return (enum status)entry->status;
}

int64_t view_entry_since_ms(const struct view_entry *entry)
{
    return (int64_t)entry->since_ms;
}

int64_t view_entry_seq(const struct view_entry *entry)
{
    return entry->seq;
}

enum why view_entry_why(const struct view_entry *entry)
{
    return (enum why)entry->why;
}

const char *view_entry_note(const struct view_entry *entry)
{
    return entry->note;
}

bool view_entry_shown(const struct view_entry *entry)
{
    return entry->status != STATUS_OFFLINE || entry->note;
}

void **view_entry_watchers(struct view_entry *entry)
{
    return &entry->watchers;
}

void *view_entry_watched_by(const struct view_entry *entry)
{
    return entry->watchers;
}
