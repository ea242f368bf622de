/* SPDX-License-Identifier: ISC */
/* How many people are what, kept while changes come in, so that asking costs nothing. */
#include "view/view_private.h"

#include <string.h>

static const char dnd_member[] = ",\"dnd\":true";

/* Do not disturb is the first that a note tells. */
static bool is_dnd(const struct view_entry *entry)
{
    return entry->note && strncmp(entry->note, dnd_member, sizeof dnd_member - 1) == 0;
}

void view_tally_add(struct view_tally *self, const struct view_entry *entry)
{
    self->active += entry->status == STATUS_ACTIVE;
    self->away += entry->status == STATUS_AWAY;
    self->dnd += is_dnd(entry);
    self->graded += entry->seen != SEEN_EXACT;
}

void view_tally_remove(struct view_tally *self, const struct view_entry *entry)
{
    self->active -= entry->status == STATUS_ACTIVE;
    self->away -= entry->status == STATUS_AWAY;
    self->dnd -= is_dnd(entry);
    self->graded -= entry->seen != SEEN_EXACT;
}

bool view_tally_differs(const struct view_tally *a, const struct view_tally *b)
{
    return a->active != b->active || a->away != b->away || a->dnd != b->dnd;
}

struct view_counts view_counts(const struct view *self)
{
    struct view_counts counts = {
        .members = self->members,
        .active = self->tally.active,
        .away = self->tally.away,
        .dnd = self->tally.dnd,
    };
    size_t here = counts.active + counts.away;
    /* Somebody who was removed is here until that is told, which may be after the members were counted. */
    counts.offline = counts.members > here ? counts.members - here : 0;
    return counts;
}

int64_t view_counts_seq(const struct view *self)
{
    return self->counts_seq;
}

bool view_wants_members(const struct view *self)
{
    return !self->members_known;
}

void view_set_members(struct view *self, size_t count)
{
    view_cache_drop(&self->cache);
    self->members = count;
    self->members_known = true;
}

void view_append_counts(const struct view *self, struct buf *out)
{
    struct view_counts counts = view_counts(self);
    buf_add_text(out, "\"members\":");
    buf_add_int(out, (int64_t)counts.members);
    buf_add_text(out, ",\"active\":");
    buf_add_int(out, (int64_t)counts.active);
    buf_add_text(out, ",\"away\":");
    buf_add_int(out, (int64_t)counts.away);
    buf_add_text(out, ",\"offline\":");
    buf_add_int(out, (int64_t)counts.offline);
    buf_add_text(out, ",\"dnd\":");
    buf_add_int(out, (int64_t)counts.dnd);
}
