/* SPDX-License-Identifier: ISC */
/* See census.h. */
#include "api/shared/census.h"

#include "api/shared/own_row.h"
#include "api/shared/service.h"
#include "directory/policies.h"
#include "directory/workspaces.h"
#include "presence/presence.h"

static void on_workspace(void *ctx, const struct workspace_row *row)
{
    view_set_members(ctx, (size_t)row->members);
}

bool census_take(const struct service *service, struct view *view)
{
    if (!view_wants_members(view))
        return true;
    return directory_get_workspace(service->directory, view_workspace(view), on_workspace, view) == DIRECTORY_OK;
}

void census_look(const struct service *service, struct view *view)
{
    struct status_policy policy;

    if (view_wants_last_seen(view) &&
        directory_get_policy(service->directory, view_workspace(view), &policy) == DIRECTORY_OK)
        view_set_last_seen(view, policy.last_seen);
}

struct view_reader census_reader(const struct service *service, struct view *view, const char *user)
{
    census_look(service, view);
    return (struct view_reader){
        .own = own_row_last_seen(service, view, user),
        .now_ms = presence_shown_ms(service->presence, view_workspace(view)),
    };
}
