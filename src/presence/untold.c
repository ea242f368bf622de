/* SPDX-License-Identifier: ISC */
/*
 * Users, and whole workspaces, of whom Redis may not have heard what they say by hand. They are noted here until it can
 * be told.
 */
#include "presence/presence_private.h"

#include "base/limits.h"
#include "base/mem.h"

#include <string.h>

static struct leftover *find(struct presence *self, const struct leftover *who)
{
    for (size_t i = 0; i < self->untold_count; i++)
        if (strcmp(self->untold[i].user, who->user) == 0 && strcmp(self->untold[i].workspace, who->workspace) == 0)
            return &self->untold[i];
    return NULL;
}

void untold_note(struct presence *self, const struct leftover *who)
{
    struct leftover *noted = find(self, who);

    if (noted) {
        noted->rev = who->rev > noted->rev ? who->rev : noted->rev;
        return;
    }
    if (self->untold_count == LIMIT_UNTOLD_SAYS) {
        self->repair_due_ms = 0; /* the walk through all finds this one */
        return;
    }
    if (!self->untold)
        self->untold = mem_resize(NULL, LIMIT_UNTOLD_SAYS, sizeof *self->untold);
    self->untold[self->untold_count++] = *who;
}

void untold_note_all(struct presence *self, const char *workspace)
{
    struct leftover all = {0};

    strcpy(all.workspace, workspace);
    untold_note(self, &all);
}

bool untold_take(struct presence *self, bool all, struct leftover *out)
{
    for (size_t i = 0; i < self->untold_count; i++) {
        if (all != !*self->untold[i].user || !presence_up(self, self->untold[i].workspace))
            continue;
        *out = self->untold[i];
        self->untold[i] = self->untold[--self->untold_count];
        return true;
    }
    return false;
}
