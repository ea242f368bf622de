/* SPDX-License-Identifier: ISC */
/* See hook_body.h. */
#include "hooks/hook_body.h"

#include "base/buf.h"
#include "directory/webhooks.h"
#include "hooks/hook_known.h"

#include <string.h>

enum {
    PATIENCE = 4, /* delays for which somebody who changes all the time is waited for */
    PEOPLE = WEBHOOK_STATUS | WEBHOOK_DND | WEBHOOK_MESSAGE,
};

/* A walk through what has changed. */
struct walk {
    const struct hook_reader_spec *spec;
    struct hook_page *out;
    bool everything; /* only those who are shown; nobody's change waits */
    bool continued;  /* a full answer goes on: all who have changed */
};

/* ---- which ---- */

/* Puts ENTRY into the page; false if it is full. */
static bool put(struct hook_page *out, const struct view_entry *entry)
{
    out->more = out->count == HOOK_CHANGES_MAX;
    if (out->more)
        return false;
    out->entries[out->count++] = entry;
    return true;
}

static struct hook_fact *fact_of(const struct walk *self, const struct view_entry *entry)
{
    size_t len;
    const char *user = view_entry_key(entry, &len);
    return hook_known_find(self->spec->known, user, len);
}

/* Until when the change of FACT waits: it may cancel itself. */
static int64_t waits_until_ms(const struct walk *self, const struct hook_fact *fact)
{
    int64_t until_ms = fact->last_ms + self->spec->delay_ms;
    int64_t most_ms = fact->first_ms + PATIENCE * self->spec->delay_ms;
    return until_ms < most_ms ? until_ms : most_ms;
}

static bool take_mark(struct walk *self, const struct view_entry *entry)
{
    if (view_entry_kind(entry) == VIEW_ROSTER)
        self->out->members = self->out->members || (self->spec->events & WEBHOOK_MEMBER) != 0;
    else
        self->out->dms = self->out->dms || (self->spec->events & WEBHOOK_DM) != 0;
    return true;
}

/* Somebody is told, if the reader is told of people. False: the page is full. */
static bool put_person(struct walk *self, const struct view_entry *entry)
{
    return (self->spec->events & PEOPLE) == 0 || put(self->out, entry);
}

/* A mark of a time before the first page is no news: the reader was told then to read these again. */
static bool take_mark_since(struct walk *self, const struct view_entry *entry)
{
    return view_entry_seq(entry) <= self->spec->cursor->head || take_mark(self, entry);
}

/* Somebody has changed since the cursor. False: the page ends before them. */
static bool take_person(struct walk *self, const struct view_entry *entry)
{
    unsigned events = self->spec->events;
    if ((events & PEOPLE) == 0)
        return true;
    const struct hook_fact *fact = fact_of(self, entry);
    if (fact && waits_until_ms(self, fact) > self->spec->now_ms) {
        self->out->due_ms = waits_until_ms(self, fact);
        return false;
    }
    bool same = fact && !fact->doubtful && !hook_image_differs(fact->image, hook_image_of(entry), events);
    return same || put(self->out, entry);
}

static bool take(void *ctx, const struct view_entry *entry)
{
    struct walk *self = ctx;
    bool person = view_entry_kind(entry) == VIEW_PERSON;
    bool goes_on = true;
    if (self->everything)
        goes_on = !person || !view_entry_shown(entry) || put_person(self, entry);
    else if (self->continued)
        goes_on = person ? put_person(self, entry) : take_mark_since(self, entry);
    else
        goes_on = person ? take_person(self, entry) : take_mark(self, entry);
    if (goes_on)
        self->out->next.seq = view_entry_seq(entry);
    return goes_on;
}

static bool goes_back(const struct cursor *cursor, const struct view *view)
{
    return !cursor || view_start(view, cursor) != VIEW_CONTINUE;
}

void hook_page_pick(const struct view *view, const struct hook_reader_spec *spec, struct hook_page *out)
{
    bool everything = goes_back(spec->cursor, view);
    struct walk walk = {spec, out, everything, !everything && spec->cursor->head > 0};
    *out = (struct hook_page){.resync = everything};
    strcpy(out->next.epoch, view_epoch(view));
    out->next.seq = everything ? 0 : spec->cursor->seq;
    view_walk(view, out->next.seq, take, &walk);
    if (!out->more && out->due_ms == 0)
        out->next.seq = view_head(view);
    else if (out->more && everything)
        out->next.head = view_head(view);
    else if (out->more)
        out->next.head = spec->cursor->head;
    if (everything) {
        out->members = (spec->events & WEBHOOK_MEMBER) != 0;
        out->dms = (spec->events & WEBHOOK_DM) != 0;
    }
}

bool hook_page_says(const struct hook_page *self)
{
    return self->resync || self->count > 0 || self->members || self->dms;
}

void hook_page_sending(const struct hook_page *self, struct hook_known *known)
{
    for (size_t i = 0; i < self->count; i++) {
        size_t len;
        const char *user = view_entry_key(self->entries[i], &len);
        struct hook_fact *fact = hook_known_find(known, user, len);
        if (!fact)
            continue;
        fact->sent = hook_image_of(self->entries[i]);
        fact->sending = true;
    }
}

/* ---- JSON ---- */

static void append_cursors(const struct hook_page *self, const char *since, struct buf *out)
{
    char cursor[CURSOR_TEXT_MAX];
    buf_add_text(out, ",\"cursor\":\"");
    buf_add(out, cursor, cursor_format(&self->next, cursor));
    buf_add_text(out, *since ? "\",\"since\":\"" : "\",\"since\":null");
    if (*since) {
        buf_add_text(out, since);
        buf_add_char(out, '"');
    }
    buf_add_text(out, self->more ? ",\"more\":true" : ",\"more\":false");
    buf_add_text(out, self->resync ? ",\"resync\":true" : ",\"resync\":false");
}

static void append_refetch(const struct hook_page *self, struct buf *out)
{
    if (!self->members && !self->dms)
        return;
    buf_add_text(out, ",\"refetch\":[");
    buf_add_text(out, self->members ? "\"members\"" : "");
    buf_add_text(out, self->members && self->dms ? "," : "");
    buf_add_text(out, self->dms ? "\"dms\"]" : "]");
}

void hook_page_append(const struct hook_page *self, const struct view *view, const struct hook_told *told,
                      struct buf *out)
{
    const struct view_reader nobody = {.own = SEEN_EXACT, .now_ms = told->redis_ms};
    const char *workspace = view_workspace(view);
    buf_add_text(out, "{\"workspace\":");
    buf_add_json(out, workspace, strlen(workspace));
    append_cursors(self, told->since, out);
    buf_add_text(out, ",\"changes\":[");
    for (size_t i = 0; i < self->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        view_append_entry(view, out, self->entries[i], &nobody);
    }
    if (self->count > 0 && told->more->len > 0)
        buf_add_char(out, ',');
    buf_add(out, told->more->data, told->more->len);
    buf_add_char(out, ']');
    append_refetch(self, out);
}
