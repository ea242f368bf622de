/* SPDX-License-Identifier: ISC */
/* See elsewhere.h. */
#include "api/shared/elsewhere.h"

#include "api/shared/review.h"
#include "api/shared/service.h"
#include "directory/members.h"
#include "directory/record_events.h"
#include "directory/workspaces.h"
#include "presence/presence.h"

static void tell_all(struct service *service, const struct record_event *event)
{
    struct notice *notice = notice_new(service, event->workspace);

    if (event->kind == RECORD_ROSTER)
        notice_add_roster(notice);
    else
        notice_add_user(notice, event->user);
    notice_send(notice, NULL, NULL);
}

/* A member who was added again in the meantime stays. */
static void end_member(struct service *service, const struct record_event *event)
{
    if (directory_has_member(service->directory, event->workspace, event->user) == DIRECTORY_NOT_FOUND)
        presence_evict(service->presence, event->workspace, event->user, NULL, NULL);
}

static void end_workspace(struct service *service, const struct record_event *event)
{
    if (directory_has_workspace(service->directory, event->workspace) == DIRECTORY_NOT_FOUND)
        presence_drop(service->presence, event->workspace, NULL, NULL, NULL);
}

/* Polls that have lost their right end before others are woken. */
void elsewhere_tell(void *ctx, const struct record_event *event)
{
    review_begin(ctx);
    switch (event->kind) {
    case RECORD_ROSTER:
    case RECORD_DMS: tell_all(ctx, event); break;
    case RECORD_MEMBER_GONE: end_member(ctx, event); break;
    case RECORD_WORKSPACE_GONE: end_workspace(ctx, event); break;
    }
}
