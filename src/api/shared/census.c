/* SPDX-License-Identifier: ISC */
/* See census.h. */
#include "api/shared/census.h"

#include "api/shared/service.h"
#include "directory/policies.h"
#include "directory/statuses.h"
#include "directory/workspaces.h"
#include "presence/presence.h"
#include "view/layers.h"

#include <string.h>

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

/* ---- own revisions ---- */

/* A row as it is looked up. */
struct own_look {
    int64_t now_ms;
    int64_t written; /* when the row was written */
    int64_t rev;     /* now */
};

static void on_row(void *ctx, const struct status_row *row)
{
    struct own_look *self = ctx;

    self->written = row->rev;
    self->rev = layers_revision(row, self->now_ms);
}

/* Whether a reader can have SEEN that of the row: Redis, or another worker's clock, may be ahead of this one's. */
static bool may_be(const struct own_look *look, int64_t seen)
{
    return look->written > 0 && seen >= look->written && seen < look->written + STATUS_REV_STEP;
}

int64_t census_own_rev(const struct service *service, struct view *view, const char *user, int64_t seen)
{
    struct own_look look = {.now_ms = presence_now_ms(service->presence, view_workspace(view))};
    int64_t rev;
    bool known = view_own_rev(view, user, strlen(user), &rev);

    if (known && seen <= rev)
        return rev;
    enum directory_result result = directory_get_status(service->directory, view_workspace(view), user, on_row, &look);
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
        return known ? rev : seen;
    if (look.rev > rev)
        rev = look.rev;
    if (seen > rev && may_be(&look, seen))
        rev = seen;
    view_set_own_rev(view, user, strlen(user), rev);
    return rev;
}

/* ---- own settings ---- */

static void on_setting(void *ctx, const struct status_row *row)
{
    enum last_seen *setting = ctx;

    *setting = row->last_seen;
}

enum last_seen census_own_last_seen(const struct service *service, struct view *view, const char *user)
{
    enum last_seen setting = SEEN_EXACT;
    size_t len = strlen(user);

    if (len == 0 || view_find(view, user, len))
        return view_last_seen_of(view, user, len);
    if (census_own_rev(service, view, user, 0) == 0)
        return SEEN_EXACT;
    enum directory_result result =
        directory_get_status(service->directory, view_workspace(view), user, on_setting, &setting);
    return result == DIRECTORY_OK || result == DIRECTORY_NOT_FOUND ? setting : SEEN_HIDDEN;
}

static void on_typing(void *ctx, const struct status_row *row)
{
    bool *hides = ctx;

    *hides = row->hides_typing;
}

bool census_hides_typing(const struct service *service, struct view *view, const char *user)
{
    size_t len = strlen(user);
    bool hides = false;

    if (census_own_rev(service, view, user, 0) == 0 || view_own_typing(view, user, len, &hides))
        return hides;
    enum directory_result result =
        directory_get_status(service->directory, view_workspace(view), user, on_typing, &hides);
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
        return true;
    view_set_own_typing(view, user, len, hides);
    return hides;
}

struct view_reader census_reader(const struct service *service, struct view *view, const char *user)
{
    census_look(service, view);
    return (struct view_reader){
        .own = census_own_last_seen(service, view, user),
        .now_ms = presence_now_ms(service->presence, view_workspace(view)),
    };
}
