/* SPDX-License-Identifier: ISC */
/* See dm_leavers.h. */
#include "api/shared/dm_leavers.h"

#include "api/shared/service.h"
#include "base/mem.h"
#include "directory/dms.h"
#include "presence/presence.h"

#include <stdio.h>
#include <stdlib.h>

enum { PLACE_MAX = 24 }; /* "dm:" and a number */

struct dm_leavers {
    struct service *service; /* borrowed */
    char *workspace;         /* owned */
    int64_t id;
    char **users; /* owned, as is each element */
    size_t count;
};

static void take_participants(void *ctx, const struct dm_row *row)
{
    struct dm_leavers *self = ctx;

    self->users = mem_resize(NULL, row->participant_count + 1, sizeof *self->users);
    for (self->count = 0; self->count < row->participant_count; self->count++)
        self->users[self->count] = mem_text(row->participants[self->count].user);
}

struct dm_leavers *dm_leavers_new(struct service *service, const char *workspace, int64_t id)
{
    struct dm_leavers *self = mem_new(sizeof *self);

    self->service = service;
    self->workspace = mem_text(workspace);
    self->id = id;
    directory_get_dm(service->directory, workspace, id, take_participants, self);
    return self;
}

void dm_leavers_send(struct dm_leavers *self)
{
    struct directory *directory = self->service->directory;
    char place[PLACE_MAX];

    snprintf(place, sizeof place, "dm:%lld", (long long)self->id);
    for (size_t i = 0; i < self->count; i++) {
        const struct place_deed all = {.workspace = self->workspace, .user = self->users[i], .place = place, .n = -1};
        if (directory_is_in_dm(directory, self->workspace, self->id, self->users[i]) == DIRECTORY_NOT_FOUND)
            presence_from(self->service->presence, &all, NULL, NULL);
        free(self->users[i]);
    }
    free(self->users);
    free(self->workspace);
    free(self);
}
