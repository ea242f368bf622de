/* SPDX-License-Identifier: ISC */
/* See hook_reveal.h. */
#include "hooks/hook_reveal.h"

#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/statuses.h"
#include "hooks/hook_body.h"
#include "hooks/hook_known.h"
#include "hooks/hook_world.h"
#include "presence/presence.h"
#include "view/verdict.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { ASKED_AT_ONCE = 500 };

/* Somebody who is invisible and not offline. */
struct hidden {
    enum status status;
    bool seen; /* in the walk that goes on */
    UT_hash_handle hh;
    char user[];
};

struct hook_reveal {
    struct hook_world *world; /* borrowed, as the workspace */
    const char *workspace;
    struct hidden *people;        /* owned hash, by user */
    char after[IDS_USER_MAX + 1]; /* the last one who was asked about; "" before the first */
    char *asked[ASKED_AT_ONCE];   /* owned: about whom Redis is asked */
    size_t asked_count;
    bool asking, gone;
    bool whole;   /* a walk has ended: those who are not among PEOPLE are not invisible, or offline */
    bool changed; /* in this walk */
    void (*fn)(void *ctx);
    void *ctx;
};

struct hook_revealed_one {
    enum status status; /* that the receiver was told; offline: that they are what others see */
    enum status sent;
    bool sending;
    bool doubtful; /* it may know something else, since it is not known whether a letter came */
    UT_hash_handle hh;
    char user[];
};

/* ---- what they are ---- */

struct hook_reveal *hook_reveal_new(struct hook_world *world, const char *workspace)
{
    struct hook_reveal *self = mem_new(sizeof *self);
    self->world = world;
    self->workspace = workspace;
    return self;
}

static void forget_asked(struct hook_reveal *self)
{
    while (self->asked_count > 0)
        free(self->asked[--self->asked_count]);
}

static void drop(struct hook_reveal *self, struct hidden *one)
{
    HASH_DEL(self->people, one);
    free(one);
}

void hook_reveal_free(struct hook_reveal *self)
{
    if (!self)
        return;
    self->gone = true;
    if (self->asking)
        return;
    struct hidden *one;
    struct hidden *next;
    HASH_ITER (hh, self->people, one, next)
        drop(self, one);
    forget_asked(self);
    free(self);
}

static struct hidden *find(const struct hook_reveal *self, const char *user, size_t len)
{
    struct hidden *one = NULL;
    if (self)
        HASH_FIND(hh, self->people, user, len, one);
    return one;
}

static void take(struct hook_reveal *self, const char *user, const struct truth *truth)
{
    struct hidden *one = find(self, user, strlen(user));
    if (!truth->invisible || truth->status == STATUS_OFFLINE)
        return;
    if (!one) {
        size_t len = strlen(user);
        one = mem_new(sizeof *one + len + 1);
        memcpy(one->user, user, len + 1);
        HASH_ADD_KEYPTR(hh, self->people, one->user, len, one);
    }
    self->changed = self->changed || one->status != truth->status;
    one->status = truth->status;
    one->seen = true;
}

/* The walk is over: who was not met is not invisible any more, or offline. */
static void end_walk(struct hook_reveal *self)
{
    struct hidden *one;
    struct hidden *next;
    HASH_ITER (hh, self->people, one, next) {
        self->changed = self->changed || !one->seen;
        if (!one->seen)
            drop(self, one);
        else
            one->seen = false;
    }
    *self->after = '\0';
    bool news = self->changed || !self->whole;
    self->whole = true;
    self->changed = false;
    if (news)
        self->fn(self->ctx);
}

static void on_row(void *ctx, const struct status_row *row)
{
    struct hook_reveal *self = ctx;
    self->asked[self->asked_count++] = mem_text(row->user);
}

static void ask(struct hook_reveal *self);

static void on_truths(void *ctx, const struct truth *truths, int64_t now_ms)
{
    struct hook_reveal *self = ctx;
    (void)now_ms;
    self->asking = false;
    if (self->gone) {
        hook_reveal_free(self);
        return;
    }
    bool last = self->asked_count < ASKED_AT_ONCE;
    /* Without an answer the same ones are asked about again. */
    if (truths)
        strcpy(self->after, self->asked[self->asked_count - 1]);
    for (size_t i = 0; truths && i < self->asked_count; i++)
        take(self, self->asked[i], &truths[i]);
    forget_asked(self);
    if (truths && last)
        end_walk(self);
    else if (truths)
        ask(self);
}

/* Asks about the next ones. */
static void ask(struct hook_reveal *self)
{
    const struct status_range range = {
        .workspace = self->workspace, .after = *self->after ? self->after : NULL, .limit = ASKED_AT_ONCE};
    if (directory_each_status(self->world->directory, &range, on_row, self) != DIRECTORY_OK) {
        forget_asked(self);
        return;
    }
    if (self->asked_count == 0) {
        end_walk(self);
        return;
    }
    const struct truths_query query = {self->workspace, (const char *const *)self->asked, self->asked_count, NULL};
    self->asking = true;
    presence_truths(self->world->presence, &query, on_truths, self);
}

void hook_reveal_look(struct hook_reveal *self, void (*changed)(void *ctx), void *ctx)
{
    self->fn = changed;
    self->ctx = ctx;
    if (!self->asking)
        ask(self);
}

bool hook_reveal_whole(const struct hook_reveal *self)
{
    return self->whole;
}

bool hook_reveal_any(const struct hook_reveal *self)
{
    return self->people;
}

/* ---- what was told ---- */

static void drop_one(struct hook_revealed *self, struct hook_revealed_one *one)
{
    HASH_DEL(self->people, one);
    free(one);
}

void hook_revealed_forget(struct hook_revealed *self)
{
    struct hook_revealed_one *one;
    struct hook_revealed_one *next;
    HASH_ITER (hh, self->people, one, next)
        drop_one(self, one);
}

bool hook_revealed_any(const struct hook_revealed *self)
{
    return self->people;
}

void hook_revealed_told(struct hook_revealed *self)
{
    struct hook_revealed_one *one;
    struct hook_revealed_one *next;
    HASH_ITER (hh, self->people, one, next) {
        if (one->sending) {
            one->status = one->sent;
            one->sending = one->doubtful = false;
        }
        if (one->status == STATUS_OFFLINE && !one->doubtful)
            drop_one(self, one);
    }
}

void hook_revealed_doubt(struct hook_revealed *self)
{
    for (struct hook_revealed_one *one = self->people; one; one = one->hh.next) {
        one->doubtful = one->doubtful || one->sending;
        one->sending = false;
    }
}

void hook_revealed_sending(const struct hook_revealed *self, const struct view *view, struct hook_known *known)
{
    for (const struct hook_revealed_one *one = self->people; one; one = one->hh.next) {
        size_t len = strlen(one->user);
        const struct view_entry *entry = view_find(view, one->user, len);
        struct hook_fact *fact = hook_known_find(known, one->user, len);
        if (!one->sending || one->sent != STATUS_OFFLINE || !entry || !fact)
            continue;
        fact->sent = hook_image_of(entry);
        fact->sending = true;
    }
}

static struct hook_revealed_one *find_or_add(struct hook_revealed *self, const char *user)
{
    struct hook_revealed_one *one;
    size_t len = strlen(user);
    HASH_FIND(hh, self->people, user, len, one);
    if (one)
        return one;
    one = mem_new(sizeof *one + len + 1);
    memcpy(one->user, user, len + 1);
    HASH_ADD_KEYPTR(hh, self->people, one->user, len, one);
    return one;
}

/* ---- JSON ---- */

/* Appends USER, who is STATUS, and whom others see as ENTRY, which may be NULL. */
static void append_hidden(const char *user, enum status status, const struct view_entry *entry, struct buf *out)
{
    const char *note = entry ? view_entry_note(entry) : NULL;
    buf_add_text(out, "{\"user\":");
    buf_add_json(out, user, strlen(user));
    buf_printf(out, ",\"status\":\"%s\",\"why\":\"beat\",\"invisible\":true", status_name(status));
    buf_add_text(out, note ? note : "");
    buf_add_char(out, '}');
}

/* Appends USER as others see them. */
static void append_seen(const struct view *view, const char *user, struct buf *out)
{
    const struct view_reader nobody = {.own = SEEN_EXACT};
    const struct view_entry *entry = view_find(view, user, strlen(user));
    if (entry) {
        view_append_entry(view, out, entry, &nobody);
        return;
    }
    buf_add_text(out, "{\"user\":");
    buf_add_json(out, user, strlen(user));
    buf_add_text(out, ",\"status\":\"offline\",\"why\":\"leave\"}");
}

/* ONE is being told as STATUS. */
static void sends(struct hook_revealed_one *one, enum status status)
{
    one->sent = status;
    one->sending = true;
}

/*
 * Takes those of PAGE who are invisible out of it: what others see of them is not told, but they are told again. Of the
 * others in it, nothing else is to be told.
 */
static void take_out(const struct hook_reveal *self, struct hook_revealed *revealed, struct hook_page *page)
{
    size_t kept = 0;
    for (size_t i = 0; i < page->count; i++) {
        size_t len;
        const char *user = view_entry_key(page->entries[i], &len);
        struct hook_revealed_one *told;
        HASH_FIND(hh, revealed->people, user, len, told);
        bool hides = find(self, user, len);
        if (told && hides)
            told->doubtful = true;
        else if (told)
            sends(told, STATUS_OFFLINE);
        if (!hides)
            page->entries[kept++] = page->entries[i];
    }
    page->count = kept;
}

/* ONE is to be told as STATUS, as the next object of OUT. */
static void tell(struct hook_revealed_one *one, enum status status, struct buf *out, size_t *count)
{
    sends(one, status);
    if ((*count)++ > 0)
        buf_add_char(out, ',');
}

/* Whether one more fits into PAGE beside COUNT. Otherwise another page follows at once. */
static bool has_room(struct hook_page *page, size_t count)
{
    bool room = page->count + count < HOOK_CHANGES_MAX;
    page->more = page->more || !room;
    return room;
}

size_t hook_reveal_append(const struct hook_reveal *self, struct hook_revealed *revealed, struct hook_page *page,
                          const struct view *view, struct buf *out)
{
    size_t count = 0;
    take_out(self, revealed, page);
    for (const struct hidden *one = self ? self->people : NULL; one; one = one->hh.next) {
        struct hook_revealed_one *told = find_or_add(revealed, one->user);
        if (told->status == one->status && !told->doubtful)
            continue;
        if (!has_room(page, count))
            return count;
        tell(told, one->status, out, &count);
        append_hidden(one->user, one->status, view_find(view, one->user, strlen(one->user)), out);
    }
    for (struct hook_revealed_one *told = revealed->people; told; told = told->hh.next) {
        bool knows = told->status == STATUS_OFFLINE && !told->doubtful;
        if (knows || told->sending || find(self, told->user, strlen(told->user)))
            continue;
        if (!has_room(page, count))
            return count;
        tell(told, STATUS_OFFLINE, out, &count);
        append_seen(view, told->user, out);
    }
    return count;
}
