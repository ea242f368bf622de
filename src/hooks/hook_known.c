/* SPDX-License-Identifier: ISC */
/* See hook_known.h. */
#include "hooks/hook_known.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/webhooks.h"
#include "view/view.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct hook_fact_node {
    struct hook_fact fact;
    UT_hash_handle hh;
    char user[]; /* and a NUL */
};

/* ---- images ---- */

struct hook_image hook_image_of(const struct view_entry *entry)
{
    static const char dnd[] = ",\"dnd\":true", until[] = ",\"until\":";
    const char *note = view_entry_note(entry);
    struct hook_image image = {.status = (unsigned)view_entry_status(entry) & 3,
                               .removed = view_entry_why(entry) == WHY_REMOVED};
    if (!note)
        return image;
    image.dnd = strncmp(note, dnd, sizeof dnd - 1) == 0;
    note += image.dnd ? sizeof dnd - 1 : 0;
    uint32_t hash = *note ? (uint32_t)hash_fnv1a(HASH_FNV1A_START, note, strlen(note)) : 0;
    *(strncmp(note, until, sizeof until - 1) == 0 ? &image.until : &image.said) = hash;
    return image;
}

bool hook_image_differs(struct hook_image a, struct hook_image b, unsigned events)
{
    return ((events & WEBHOOK_STATUS) != 0 && (a.status != b.status || a.removed != b.removed)) ||
           ((events & WEBHOOK_DND) != 0 && (a.dnd != b.dnd || a.until != b.until)) ||
           ((events & WEBHOOK_MESSAGE) != 0 && a.said != b.said);
}

/* ---- all of them ---- */

static void drop(struct hook_known *self, struct hook_fact_node *node)
{
    HASH_DEL(self->facts, node);
    free(node);
}

static void drop_all(struct hook_known *self)
{
    struct hook_fact_node *node;
    struct hook_fact_node *next;
    HASH_ITER (hh, self->facts, node, next)
        drop(self, node);
}

void hook_known_forget(struct hook_known *self)
{
    drop_all(self);
    self->blind = true;
    self->fresh = false;
}

void hook_known_begin(struct hook_known *self)
{
    drop_all(self);
    self->blind = false;
    self->fresh = true;
}

static struct hook_fact_node *find(const struct hook_known *self, const char *user, size_t len)
{
    struct hook_fact_node *node;
    HASH_FIND(hh, self->facts, user, len, node);
    return node;
}

struct hook_fact *hook_known_find(const struct hook_known *self, const char *user, size_t len)
{
    struct hook_fact_node *node = find(self, user, len);
    return node ? &node->fact : NULL;
}

static struct hook_fact_node *add(struct hook_known *self, const struct view_entry *entry, int64_t now_ms)
{
    size_t len;
    const char *user = view_entry_key(entry, &len);
    struct hook_fact_node *node = mem_new(sizeof *node + len + 1);
    memcpy(node->user, user, len);
    node->fact.image = hook_image_of(entry);
    node->fact.first_ms = now_ms;
    HASH_ADD_KEYPTR(hh, self->facts, node->user, len, node);
    return node;
}

void hook_known_note(struct hook_known *self, const struct view_entry *entry, int64_t now_ms)
{
    if (self->blind)
        return;
    size_t len;
    const char *user = view_entry_key(entry, &len);
    struct hook_fact_node *node = find(self, user, len);
    if (!node && HASH_COUNT(self->facts) >= LIMIT_HOOK_FACTS) {
        hook_known_forget(self);
        return;
    }
    if (!node)
        node = add(self, entry, now_ms);
    node->fact.last_ms = now_ms;
}

static int64_t seq_of(const struct view *view, const struct hook_fact_node *node)
{
    const struct view_entry *entry = view_find(view, node->user, node->hh.keylen);
    return entry ? view_entry_seq(entry) : 0;
}

void hook_known_told(struct hook_known *self, const struct view *view, int64_t seq)
{
    struct hook_fact_node *node;
    struct hook_fact_node *next;
    self->fresh = false;
    HASH_ITER (hh, self->facts, node, next) {
        if (seq_of(view, node) <= seq) {
            drop(self, node);
            continue;
        }
        if (!node->fact.sending)
            continue;
        node->fact.image = node->fact.sent;
        node->fact.first_ms = node->fact.last_ms;
        node->fact.sending = node->fact.doubtful = false;
    }
}

bool hook_known_doubts(const struct hook_known *self)
{
    for (const struct hook_fact_node *node = self->facts; node; node = node->hh.next)
        if (node->fact.doubtful)
            return true;
    return false;
}

void hook_known_doubt(struct hook_known *self)
{
    struct hook_fact_node *node;
    struct hook_fact_node *next;
    if (self->fresh) {
        hook_known_forget(self);
        return;
    }
    HASH_ITER (hh, self->facts, node, next) {
        node->fact.doubtful = node->fact.doubtful || node->fact.sending;
        node->fact.sending = false;
    }
}
