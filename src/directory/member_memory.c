/* SPDX-License-Identifier: ISC */
/* See member_memory.h. */
#include "directory/member_memory.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct member_entry {
    struct table_node node; /* first */
    uint8_t len;
    char key[]; /* len bytes, as in struct member_key */
};

static const char *key_of(const struct table_node *node, size_t *len)
{
    const struct member_entry *entry = (const struct member_entry *)(const void *)node;
    *len = entry->len;
    return entry->key;
}

void member_memory_init(struct member_memory *self)
{
    *self = (struct member_memory){.revision = 0};
    table_init(&self->entries, key_of);
}

bool member_key_make(struct member_key *self, const char *workspace, const char *user)
{
    size_t workspace_len = strlen(workspace);
    size_t user_len = strlen(user);
    if (workspace_len > IDS_WORKSPACE_MAX || user_len > IDS_USER_MAX)
        return false;
    self->len = workspace_len + 1 + user_len;
    memcpy(self->text, workspace, workspace_len + 1);
    memcpy(self->text + workspace_len + 1, user, user_len + 1);
    return true;
}

void member_key_add_dm(struct member_key *self, int64_t id)
{
    char *end = self->text + self->len + 1;
    self->len += 1 + (size_t)snprintf(end, MEMBER_DM_MAX + 1, "%" PRId64, id);
}

void member_memory_at(struct member_memory *self, int64_t revision)
{
    if (self->revision != revision)
        member_memory_forget(self);
    self->revision = revision;
}

bool member_memory_has(const struct member_memory *self, const struct member_key *key)
{
    return table_find(&self->entries, key->text, key->len);
}

void member_memory_add(struct member_memory *self, const struct member_key *key)
{
    if (self->entries.count >= MEMBER_MEMORY_MAX)
        member_memory_forget(self);
    struct member_entry *entry = mem_new(offsetof(struct member_entry, key) + key->len);
    entry->len = (uint8_t)key->len;
    memcpy(entry->key, key->text, key->len);
    table_add(&self->entries, &entry->node);
}

size_t member_memory_count(const struct member_memory *self)
{
    return self->entries.count;
}

void member_memory_forget(struct member_memory *self)
{
    table_fini_with_nodes(&self->entries);
}
