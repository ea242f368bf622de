/* SPDX-License-Identifier: ISC */
/*
 * The own revisions of those who read here. Almost everybody's is 0, since they have said nothing by hand, and that is
 * one bit of their entry. The others, and those without an entry, are in a table.
 */
#include "view/view_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct own {
    struct table_node node; /* first */
    int64_t rev;
    bool typing_known; /* at this rev */
    bool hides_typing;
    uint8_t key_len;
    char key[]; /* key_len bytes */
};

static const char *key_of(const struct table_node *node, size_t *len)
{
    const struct own *own = (const struct own *)(const void *)node;
    *len = own->key_len;
    return own->key;
}

void view_own_init(struct table *self)
{
    table_init(self, key_of);
}

void view_own_fini(struct table *self)
{
    table_fini_with_nodes(self);
}

static struct view_entry *entry_of(const struct view *self, const char *user, size_t len)
{
    return (struct view_entry *)(void *)table_find(&self->entries, user, len);
}

static struct own *find(const struct view *self, const char *user, size_t len)
{
    return (struct own *)(void *)table_find(&self->owns, user, len);
}

bool view_own_rev(const struct view *self, const char *user, size_t len, int64_t *rev)
{
    const struct view_entry *entry = entry_of(self, user, len);
    *rev = 0;
    if (entry && entry->plain)
        return true;
    const struct own *own = find(self, user, len);
    if (own)
        *rev = own->rev;
    return own;
}

void view_set_own_rev(struct view *self, const char *user, size_t len, int64_t rev)
{
    struct view_entry *entry = entry_of(self, user, len);
    struct own *own = find(self, user, len);
    if (entry)
        entry->plain = rev == 0;
    if (!own && entry && rev == 0)
        return;
    if (!own) {
        own = mem_new(offsetof(struct own, key) + len);
        own->key_len = (uint8_t)len;
        memcpy(own->key, user, len);
        table_add(&self->owns, &own->node);
    }
    if (own->rev != rev)
        own->typing_known = own->hides_typing = false;
    own->rev = rev;
}

bool view_own_typing(const struct view *self, const char *user, size_t len, bool *hides)
{
    const struct view_entry *entry = entry_of(self, user, len);
    const struct own *own = find(self, user, len);

    *hides = own && own->hides_typing;
    return (entry && entry->plain) || (own && (own->typing_known || own->rev == 0));
}

void view_set_own_typing(struct view *self, const char *user, size_t len, bool hides)
{
    struct own *own = find(self, user, len);

    if (!own)
        return;
    own->typing_known = true;
    own->hides_typing = hides;
}

void view_own_forget(struct view *self, const char *user, size_t len)
{
    struct view_entry *entry = entry_of(self, user, len);
    struct own *own = find(self, user, len);
    if (entry)
        entry->plain = 0;
    if (own) {
        table_remove(&self->owns, &own->node);
        free(own);
    }
}

void view_forget_own(struct view *self)
{
    view_own_fini(&self->owns);
    for (size_t i = 0; i < self->entries.bucket_count; i++) {
        for (struct table_node *at = self->entries.buckets[i]; at; at = at->next)
            ((struct view_entry *)(void *)at)->plain = 0;
    }
}
