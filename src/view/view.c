/* SPDX-License-Identifier: ISC */
/* A view's content: entries, their order, and how changes and gaps are taken. Pages are in view_page.c. See view.h. */
#include "view/view_private.h"

#include "base/ids.h"
#include "base/mem.h"
#include "view/places.h"
#include "view/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *key_of(const struct table_node *node, size_t *len)
{
    const struct view_entry *entry = (const struct view_entry *)(const void *)node;
    *len = entry->key_len;
    return entry->key;
}

struct view *view_new(const char *workspace)
{
    struct view *self = mem_new(sizeof *self);
    self->workspace = mem_text(workspace);
    self->last_seen = SEEN_HIDDEN;
    table_init(&self->entries, key_of);
    view_own_init(&self->owns);
    view_log_init(&self->log);
    list_init(&self->shown);
    buf_init(&self->out);
    return self;
}

void view_free(struct view *self)
{
    if (!self)
        return;
    struct table_node *all = table_take_all(&self->entries);
    while (all) {
        struct view_entry *entry = (struct view_entry *)(void *)all;
        all = all->next;
        view_entry_free(entry);
    }
    table_fini(&self->entries);
    view_own_fini(&self->owns);
    view_log_fini(&self->log);
    view_sorted_fini(&self->sorted);
    view_cache_drop(&self->cache);
    buf_fini(&self->out);
    free(self->picked);
    places_free(self->places);
    free(self->workspace);
    free(self);
}

struct places *view_places(struct view *self)
{
    if (!self->places)
        self->places = places_new();
    return self->places;
}

struct places *view_places_now(const struct view *self)
{
    return self->places;
}

const char *view_workspace(const struct view *self)
{
    return self->workspace;
}

/* Forgets all content; watched entries stay, as placeholders. */
static void forget_all(struct view *self)
{
    view_log_fini(&self->log);
    view_sorted_fini(&self->sorted);
    list_init(&self->shown);
    self->shown_count = 0;
    self->tally = (struct view_tally){.dnd = 0};
    struct table_node *all = table_take_all(&self->entries);
    while (all) {
        struct view_entry *entry = (struct view_entry *)(void *)all;
        all = all->next;
        if (entry->watched == 0) {
            view_entry_free(entry);
            continue;
        }
        view_entry_reset(entry);
        table_add(&self->entries, &entry->node);
    }
}

/* What was looked up in the directory has perhaps changed. */
static void doubt_directory(struct view *self)
{
    self->members_known = false;
    self->last_seen_known = false;
}

void view_begin(struct view *self, const char *epoch, int64_t floor)
{
    view_cache_drop(&self->cache);
    if (strncmp(self->epoch, epoch, EPOCH_LEN) == 0) {
        if (floor > self->floor)
            self->floor = floor;
        return;
    }
    forget_all(self);
    view_forget_own(self);
    strncpy(self->epoch, epoch, EPOCH_LEN);
    self->ready = false;
    self->head = 0;
    self->prune_head = 0;
    self->floor = floor;
    self->shared_seq = 0;
    self->roster_seq = 0;
    self->counts_seq = 0;
    doubt_directory(self);
}

const char *view_epoch(const struct view *self)
{
    return self->epoch;
}

int64_t view_head(const struct view *self)
{
    return self->head;
}

int64_t view_floor(const struct view *self)
{
    return self->floor;
}

bool view_ready(const struct view *self)
{
    return self->ready;
}

void view_set_ready(struct view *self, bool ready)
{
    self->ready = ready && self->epoch[0] != '\0';
}

static struct view_entry *find(const struct view *self, const char *key, size_t len)
{
    return (struct view_entry *)(void *)table_find(&self->entries, key, len);
}

static struct view_entry *find_or_add(struct view *self, const char *key, size_t len)
{
    struct view_entry *entry = find(self, key, len);
    if (entry)
        return entry;
    entry = view_entry_new(key, len);
    table_add(&self->entries, &entry->node);
    return entry;
}

/* Whether KEY can be one of ours: a user's id, or a mark. Any other was written into Redis by someone else. */
static bool key_ok(const char *key, size_t len)
{
    if (len > 0 && key[0] == VIEW_MARK)
        return len == 1 || ids_user_ok(key + 1, len - 1);
    return ids_user_ok(key, len);
}

/* Moves ENTRY to the end of those in full answers, or out of them. */
static void settle_shown(struct view *self, struct view_entry *entry)
{
    bool was = !list_empty(&entry->shown);
    bool is = view_entry_shown(entry);
    list_remove(&entry->shown);
    if (is)
        list_append(&self->shown, &entry->shown);
    if (is && !was) {
        self->shown_count++;
        view_sorted_add(&self->sorted, entry);
    }
    if (was && !is) {
        self->shown_count--;
        view_sorted_remove(&self->sorted, entry);
    }
}

static void take(struct view *self, const struct change *change)
{
    view_cache_drop(&self->cache);
    self->head = change->seq;
    if (!key_ok(change->key, change->key_len))
        return;
    struct view_entry *entry = find_or_add(self, change->key, change->key_len);
    if (self->before)
        self->before(self->before_ctx, self, entry);
    struct view_tally before = self->tally;
    view_tally_remove(&self->tally, entry);
    view_entry_set(entry, change);
    view_tally_add(&self->tally, entry);
    view_log_append(&self->log, entry);
    settle_shown(self, entry);
    if (change->why == WHY_REMOVED) /* a user who is added again gets a new revision */
        view_own_forget(self, change->key, change->key_len);
    enum view_kind kind = view_entry_kind(entry);
    if (kind != VIEW_DMS)
        self->shared_seq = change->seq;
    if (kind == VIEW_ROSTER) {
        self->roster_seq = change->seq;
        doubt_directory(self);
    }
    if (kind == VIEW_ROSTER || view_tally_differs(&before, &self->tally))
        self->counts_seq = change->seq;
    if (self->on_change)
        self->on_change(self->ctx, entry);
}

bool view_apply(struct view *self, const struct change *change)
{
    if (change->seq <= self->head)
        return true;
    if (change->seq != self->head + 1)
        return false;
    take(self, change);
    return true;
}

void view_load(struct view *self, const struct change *change)
{
    if (change->seq > self->head)
        take(self, change);
}

void view_set_head(struct view *self, int64_t seq)
{
    if (seq <= self->head)
        return;
    view_cache_drop(&self->cache);
    self->head = seq;
}

void view_on_change(struct view *self, void (*on_change)(void *ctx, const struct view_entry *entry), void *ctx)
{
    self->on_change = on_change;
    self->ctx = ctx;
}

void view_before_change(struct view *self, void (*before)(void *ctx, struct view *view, const struct view_entry *entry),
                        void *ctx)
{
    self->before = before;
    self->before_ctx = ctx;
}

static void forget(struct view *self, struct view_entry *entry)
{
    view_log_remove(&self->log, entry);
    table_remove(&self->entries, &entry->node);
    view_entry_free(entry);
}

void view_prune(struct view *self, int64_t cutoff_ms)
{
    doubt_directory(self);
    int64_t told = self->prune_head;
    self->prune_head = self->head;
    /* By index, since the log shrinks when its last entry is removed. */
    for (size_t i = 0; i < self->log.count; i++) {
        struct view_entry *entry = self->log.slots[i];
        if (!entry)
            continue;
        if ((int64_t)entry->since_ms >= cutoff_ms || entry->seq > told)
            break;
        if (view_entry_shown(entry) || entry->watched > 0)
            continue;
        if (entry->seq > self->floor)
            self->floor = entry->seq;
        forget(self, entry);
    }
}

const struct view_entry *view_find(const struct view *self, const char *key, size_t len)
{
    const struct view_entry *entry = find(self, key, len);
    return entry && entry->seq > 0 ? entry : NULL;
}

struct view_entry *view_existing(const struct view *self, const char *key, size_t len)
{
    return find(self, key, len);
}

struct view_entry *view_watch(struct view *self, const char *key, size_t len)
{
    struct view_entry *entry = find_or_add(self, key, len);
    entry->watched++;
    return entry;
}

void view_unwatch(struct view *self, struct view_entry *entry)
{
    assert(entry->watched > 0);
    entry->watched--;
    if (entry->watched == 0 && entry->seq == 0)
        forget(self, entry);
}

void view_walk(const struct view *self, int64_t seq, bool (*fn)(void *ctx, const struct view_entry *entry), void *ctx)
{
    for (size_t i = view_log_after(&self->log, seq); i < self->log.count; i++) {
        const struct view_entry *entry = self->log.slots[i];
        if (entry && entry->seq > seq && !fn(ctx, entry))
            return;
    }
}

size_t view_shown(const struct view *self)
{
    return self->shown_count;
}

size_t view_size(const struct view *self)
{
    return self->entries.count;
}

const struct view_entry *const *view_shown_after(struct view *self, const char *after, size_t len, size_t *count)
{
    size_t at = view_sorted_after(&self->sorted, &self->shown, after, len);
    *count = self->sorted.count - at;
    return *count > 0 ? (const struct view_entry *const *)(self->sorted.entries + at) : NULL;
}

/* ---- last seen ---- */

bool view_wants_last_seen(const struct view *self)
{
    return !self->last_seen_known;
}

void view_set_last_seen(struct view *self, enum last_seen policy)
{
    if (policy != self->last_seen)
        view_cache_drop(&self->cache);
    self->last_seen = policy;
    self->last_seen_known = true;
}

enum last_seen view_last_seen_of(const struct view *self, const char *user, size_t len)
{
    const struct view_entry *entry = self->tally.graded > 0 && len > 0 ? find(self, user, len) : NULL;
    return entry ? (enum last_seen)entry->seen : SEEN_EXACT;
}

int64_t view_told_since_ms(const struct view *self, const struct view_entry *entry, const struct view_reader *reader)
{
    if (entry->status != STATUS_OFFLINE)
        return view_entry_since_ms(entry);
    enum last_seen grade = seen_stricter(reader->own, (enum last_seen)entry->seen);
    if (!reader->partner)
        grade = seen_stricter(grade, self->last_seen);
    return seen_graded(grade, view_entry_since_ms(entry), reader->now_ms);
}
