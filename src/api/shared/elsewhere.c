/* SPDX-License-Identifier: ISC */
/* See elsewhere.h. */
#include "api/shared/elsewhere.h"

#include "api/shared/notice.h"
#include "api/shared/review.h"
#include "api/shared/service.h"
#include "base/limits.h"
#include "directory/members.h"
#include "directory/record_events.h"
#include "directory/workspaces.h"
#include "presence/presence.h"

#include <string.h>

static bool is_for_pages(const struct record_event *event)
{
    return event->kind == RECORD_ROSTER || event->kind == RECORD_DMS;
}

/* One notice of all that is for the pages of one workspace. Returns of how many events that is. */
static size_t tell_pages(struct service *service, const struct record_event *events, size_t count)
{
    struct notice *notice = notice_new(service, events->workspace);
    size_t told = 0;

    for (; told < count && told < LIMIT_MARK_BATCH && is_for_pages(&events[told]); told++) {
        if (strcmp(events[told].workspace, events->workspace) != 0)
            break;
        if (events[told].kind == RECORD_ROSTER)
            notice_add_roster(notice);
        else
            notice_add_user(notice, events[told].user);
    }
    notice_send(notice, NULL, NULL);
    return told;
}

/* A member who was added again in the meantime stays. */
static void end_member(struct service *service, const struct record_event *event)
{
    if (directory_has_member(service->directory, event->workspace, event->user) == DIRECTORY_NOT_FOUND)
        presence_evict(service->presence, event->workspace, event->user, NULL, NULL);
}

/* Redis may have what this machine told while it did not know of the end, also of a member who was added again. */
static void end_words(struct service *service, const struct record_event *event)
{
    if (directory_has_member(service->directory, event->workspace, event->user) == DIRECTORY_OK)
        presence_say_after(service->presence, event->workspace, event->user, event->rev);
}

static void end_workspace(struct service *service, const struct record_event *event)
{
    if (directory_has_workspace(service->directory, event->workspace) == DIRECTORY_NOT_FOUND)
        presence_drop(service->presence, event->workspace, NULL, NULL, NULL);
}

static void tell_one(struct service *service, const struct record_event *event)
{
    switch (event->kind) {
    case RECORD_ROSTER:
    case RECORD_DMS: break; /* told by tell_pages() */
    case RECORD_MEMBER_GONE: end_member(service, event); break;
    case RECORD_WORKSPACE_GONE: end_workspace(service, event); break;
    case RECORD_SILENCE: end_words(service, event); break;
    case RECORD_STATUS: presence_say(service->presence, event->workspace, event->user, NULL, NULL); break;
    }
}

/* Polls that have lost their right end before others are woken. */
size_t elsewhere_tell(void *ctx, const struct record_event *events, size_t count)
{
    review_begin(ctx);
    if (is_for_pages(events))
        return tell_pages(ctx, events, count);
    tell_one(ctx, events);
    return 1;
}
