/* SPDX-License-Identifier: ISC */
/* A view's content: entries, their order, and how changes and gaps are taken. Pages are view_page.c's. See view.h. */
#include "view/view_private.h"

#include "base/ids.h"
#include "base/mem.h"

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
    table_init(&self->entries, key_of);
    view_log_init(&self->log);
    list_init(&self->online);
    buf_init(&self->out);
    return self;
}

void view_free(struct view *self)
{
    if (self == NULL)
        return;
    struct table_node *all = table_take_all(&self->entries);
    while (all != NULL) {
        struct view_entry *entry = (struct view_entry *)(void *)all;
        all = all->next;
        view_entry_free(entry);
    }
    table_fini(&self->entries);
    view_log_fini(&self->log);
    view_roll_fini(&self->roll);
    view_pages_drop(self);
    buf_fini(&self->out);
    free(self->picked);
    free(self->workspace);
    free(self);
}

const char *view_workspace(const struct view *self)
{
    return self->workspace;
}

/* Forgets all content; watched entries stay, as placeholders. */
static void forget_all(struct view *self)
{
    view_log_fini(&self->log);
    view_roll_fini(&self->roll);
    list_init(&self->online);
    self->online_count = 0;
    struct table_node *all = table_take_all(&self->entries);
    while (all != NULL) {
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

void view_begin(struct view *self, const char *epoch, int64_t floor)
{
    view_pages_drop(self);
    if (strncmp(self->epoch, epoch, EPOCH_LEN) == 0) {
        if (floor > self->floor)
            self->floor = floor;
        return;
    }
    forget_all(self);
    strncpy(self->epoch, epoch, EPOCH_LEN);
    self->ready = false;
    self->head = 0;
    self->floor = floor;
    self->shared_seq = 0;
    self->roster_seq = 0;
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
    if (entry != NULL)
        return entry;
    entry = view_entry_new(key, len);
    table_add(&self->entries, &entry->node);
    return entry;
}

/* Whether a key can be one of ours: a user's id, or a mark. Others are what somebody wrote straight into Redis. */
static bool key_ok(const char *key, size_t len)
{
    if (len > 0 && key[0] == VIEW_MARK)
        return len == 1 || ids_user_ok(key + 1, len - 1);
    return ids_user_ok(key, len);
}

/* Puts ENTRY at the end of those not offline, or takes it out. */
static void settle_online(struct view *self, struct view_entry *entry)
{
    bool was = !list_empty(&entry->online);
    bool is = entry->status != STATUS_OFFLINE;
    list_remove(&entry->online);
    if (is)
        list_append(&self->online, &entry->online);
    if (is && !was) {
        self->online_count++;
        view_roll_add(&self->roll, entry);
    }
    if (was && !is) {
        self->online_count--;
        view_roll_remove(&self->roll, entry);
    }
}

static void take(struct view *self, const struct change *change)
{
    view_pages_drop(self);
    self->head = change->seq;
    if (!key_ok(change->key, change->key_len))
        return;
    struct view_entry *entry = find_or_add(self, change->key, change->key_len);
    view_entry_set(entry, change);
    view_log_append(&self->log, entry);
    settle_online(self, entry);
    enum view_kind kind = view_entry_kind(entry);
    if (kind != VIEW_DMS)
        self->shared_seq = change->seq;
    if (kind == VIEW_ROSTER)
        self->roster_seq = change->seq;
    if (self->on_change != NULL)
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
    view_pages_drop(self);
    self->head = seq;
}

void view_on_change(struct view *self, void (*on_change)(void *ctx, const struct view_entry *entry), void *ctx)
{
    self->on_change = on_change;
    self->ctx = ctx;
}

static void forget(struct view *self, struct view_entry *entry)
{
    view_log_remove(&self->log, entry);
    table_remove(&self->entries, &entry->node);
    view_entry_free(entry);
}

void view_prune(struct view *self, int64_t cutoff_ms)
{
    /* By index, as the log shrinks when its last is taken out. Later changes have later times. */
    for (size_t i = 0; i < self->log.count; i++) {
        struct view_entry *entry = self->log.slots[i];
        if (entry == NULL)
            continue;
        if ((int64_t)entry->since_ms >= cutoff_ms)
            break;
        if (entry->status != STATUS_OFFLINE || entry->watched > 0)
            continue;
        if (entry->seq > self->floor)
            self->floor = entry->seq;
        forget(self, entry);
    }
}

const struct view_entry *view_find(const struct view *self, const char *key, size_t len)
{
    const struct view_entry *entry = find(self, key, len);
    return entry != NULL && entry->seq > 0 ? entry : NULL;
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

size_t view_online(const struct view *self)
{
    return self->online_count;
}

size_t view_size(const struct view *self)
{
    return self->entries.count;
}
