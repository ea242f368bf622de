/* SPDX-License-Identifier: ISC */
/* See claims.h. Workspace ids need no escapes in JSON, so none is looked for. */
#include "auth/claims.h"

#include <string.h>

/* Takes the id in quotes at *AT, and moves *AT past it. */
static bool take_workspace(struct claims *self, const char **at)
{
    const char *id = *at + 1;
    size_t len = strcspn(id, "\"");
    if (**at != '"' || id[len] != '"' || !ids_workspace_ok(id, len) || self->count == LIMIT_CLAIMED_WORKSPACES)
        return false;
    memcpy(self->workspaces[self->count], id, len);
    self->workspaces[self->count++][len] = '\0';
    *at = id + len + 1;
    return true;
}

static bool take_workspaces(struct claims *self, const char *at)
{
    if (strcmp(at, "[]") == 0)
        return true;
    if (*at != '[')
        return false;
    do {
        at++;
        if (!take_workspace(self, &at))
            return false;
    } while (*at == ',');
    return strcmp(at, "]") == 0;
}

bool claims_read(struct claims *self, const char *workspaces, const char *name)
{
    self->count = 0;
    self->issued_ms = 0;
    self->name[0] = '\0';
    if (workspaces && !take_workspaces(self, workspaces))
        return false;
    if (name && ids_name_ok(name, strlen(name), LIMIT_NAME_BYTES))
        memcpy(self->name, name, strlen(name) + 1);
    return true;
}
