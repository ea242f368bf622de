/* SPDX-License-Identifier: ISC */
/* See census.h. */
#include "api/shared/census.h"

#include "api/shared/service.h"
#include "directory/workspaces.h"
#include "view/view.h"

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
