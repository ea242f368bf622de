/* SPDX-License-Identifier: ISC */
/*
 * Workspaces that do not exist any more, and of which a call was under way that failed: Redis may have run it, and
 * begun the keys of the workspace again. They are noted here until Redis can be asked to drop them.
 */
#include "presence/presence_private.h"

#include "base/limits.h"
#include "base/mem.h"
#include "directory/workspaces.h"

#include <stdlib.h>
#include <string.h>

static bool is_noted(const struct presence *self, const struct leftover *leftover)
{
    for (size_t i = 0; i < self->leftover_count; i++)
        if (strcmp(self->leftovers[i].workspace, leftover->workspace) == 0 &&
            strcmp(self->leftovers[i].user, leftover->user) == 0)
            return true;
    return false;
}

void leftover_note(struct presence *self, const struct leftover *leftover)
{
    if (self->leftover_count == LIMIT_LEFTOVERS || is_noted(self, leftover) ||
        directory_has_workspace(self->directory, leftover->workspace) != DIRECTORY_NOT_FOUND)
        return;
    if (!self->leftovers)
        self->leftovers = mem_resize(NULL, LIMIT_LEFTOVERS, sizeof *self->leftovers);
    self->leftovers[self->leftover_count++] = *leftover;
}

bool leftover_take(struct presence *self, struct leftover *out)
{
    for (size_t i = 0; i < self->leftover_count; i++) {
        struct leftover *at = &self->leftovers[i];
        if (!presence_up(self, at->workspace))
            continue;
        *out = *at;
        memmove(at, at + 1, (--self->leftover_count - i) * sizeof *at);
        return true;
    }
    return false;
}
