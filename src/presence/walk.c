/* SPDX-License-Identifier: ISC */
/* See walk.h. */
#include "presence/walk.h"

#include <assert.h>
#include <string.h>

void walk_enter(struct walk *self, const char *workspace)
{
    size_t len = workspace ? strlen(workspace) : 0;

    assert(len <= IDS_WORKSPACE_MAX);
    self->inside = workspace;
    self->at = 0;
    if (len > 0)
        memcpy(self->workspace, workspace, len);
    self->workspace[len] = '\0';
}

void walk_ask(struct walk *self)
{
    assert(self->inside && !self->asking);
    self->asking = true;
}

void walk_answered(struct walk *self, int64_t next)
{
    self->asking = false;
    self->inside = next >= 0;
    self->at = next;
}
