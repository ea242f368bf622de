/* SPDX-License-Identifier: ISC */
/* See member_memory.h. */
#include "directory/member_memory.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct member_entry {
    UT_hash_handle hh;
    char key[];
};

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

void member_memory_at(struct member_memory *self, int64_t revision)
{
    if (self->revision != revision)
        member_memory_forget(self);
    self->revision = revision;
}

/* NOLINTNEXTLINE(readability-function-size): it is uthash's macro that is long */
bool member_memory_has(const struct member_memory *self, const struct member_key *key)
{
    struct member_entry *entry;
    HASH_FIND(hh, self->entries, key->text, (unsigned)key->len, entry);
    return entry;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
void member_memory_add(struct member_memory *self, const struct member_key *key)
{
    if (HASH_COUNT(self->entries) >= MEMBER_MEMORY_MAX)
        member_memory_forget(self);
    struct member_entry *entry = mem_new(sizeof *entry + key->len);
    memcpy(entry->key, key->text, key->len);
    HASH_ADD(hh, self->entries, key, (unsigned)key->len, entry);
}

size_t member_memory_count(const struct member_memory *self)
{
    return HASH_COUNT(self->entries);
}

void member_memory_forget(struct member_memory *self)
{
    struct member_entry *entry = self->entries;
    HASH_CLEAR(hh, self->entries);
    while (entry) {
        struct member_entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
}
