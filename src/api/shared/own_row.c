/* SPDX-License-Identifier: ISC */
/* See own_row.h. */
#include "api/shared/own_row.h"

#include "api/shared/onlooker.h"
#include "api/shared/service.h"
#include "directory/statuses.h"
#include "presence/presence.h"
#include "view/layers.h"

#include <string.h>

/* A row as it is looked up; zeroed memory is that of somebody who has none. */
struct own_row {
    int64_t now_ms;
    int64_t written; /* its revision when it was written */
    int64_t rev;     /* and now */
    enum last_seen last_seen;
    bool hides_typing;
};

static void on_row(void *ctx, const struct status_row *row)
{
    struct own_row *self = ctx;

    self->written = row->rev;
    self->rev = layers_revision(row, self->now_ms);
    self->last_seen = row->last_seen;
    self->hides_typing = row->hides_typing;
}

/* Reads the row of USER. False if the directory cannot be read. */
static bool look(const struct service *service, const struct view *view, const char *user, struct own_row *out)
{
    *out = (struct own_row){.now_ms = presence_now_ms(service->presence, view_workspace(view))};
    enum directory_result result = directory_get_status(service->directory, view_workspace(view), user, on_row, out);
    return result == DIRECTORY_OK || result == DIRECTORY_NOT_FOUND;
}

/* Whether a reader can have SEEN that of the row: Redis, or another worker's clock, may be ahead of this one's. */
static bool may_be(const struct own_row *row, int64_t seen)
{
    return row->written > 0 && seen >= row->written && seen < row->written + STATUS_REV_STEP;
}

/* Sets REV as own_row_rev() says. Whether the view does not know it. */
static bool find_rev(const struct service *service, struct view *view, const char *user, int64_t seen, int64_t *rev)
{
    struct own_row row;
    bool known = view_own_rev(view, user, strlen(user), rev);

    if (known && seen <= *rev)
        return false;
    if (!look(service, view, user, &row)) {
        *rev = seen > *rev ? seen : *rev;
        return false;
    }
    if (row.rev > *rev)
        *rev = row.rev;
    if (seen > *rev && may_be(&row, seen))
        *rev = seen;
    return true;
}

int64_t own_row_rev(const struct service *service, struct view *view, const char *user, int64_t seen)
{
    int64_t rev;

    if (onlooker_is(user))
        return 0;
    if (find_rev(service, view, user, seen, &rev)) {
        presence_own_news(service->presence, view_workspace(view), user, rev);
        view_set_own_rev(view, user, strlen(user), rev);
    }
    return rev;
}

enum last_seen own_row_last_seen(const struct service *service, struct view *view, const char *user)
{
    struct own_row row;
    size_t len = strlen(user);

    if (len == 0 || view_find(view, user, len))
        return view_last_seen_of(view, user, len);
    if (own_row_rev(service, view, user, 0) == 0)
        return SEEN_EXACT;
    return look(service, view, user, &row) ? row.last_seen : SEEN_HIDDEN;
}

bool own_row_hides_typing(const struct service *service, struct view *view, const char *user)
{
    struct own_row row;
    size_t len = strlen(user);
    bool hides = false;

    if (own_row_rev(service, view, user, 0) == 0 || view_own_typing(view, user, len, &hides))
        return hides;
    if (!look(service, view, user, &row))
        return true;
    view_set_own_typing(view, user, len, row.hides_typing);
    return row.hides_typing;
}
