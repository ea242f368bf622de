/* SPDX-License-Identifier: ISC */
/*
 * What a user says by hand is told to their own polls alone: each worker hears the revision of each change, no matter
 * who has made it. See presence_private.h.
 */
#include "presence/presence_private.h"

#include <string.h>

void presence_own_news(struct presence *presence, const char *workspace, const char *user, int64_t rev)
{
    struct view *view = view_sync_find(presence, workspace);
    size_t len = strlen(user);
    int64_t old;

    if (!view || rev <= 0)
        return;
    bool known = view_own_rev(view, user, len, &old);
    if (known && rev <= old)
        return;
    bool waits = parked_own(presence->parked, view, user, len);
    /* If nobody asks, it is looked up when somebody does. */
    if (known || waits)
        view_set_own_rev(view, user, len, rev);
    if (waits)
        presence->events.on_due(presence->events.ctx);
}

void own_news_missed(struct presence *presence)
{
    parked_review(presence->parked);
    presence->events.on_due(presence->events.ctx);
}
