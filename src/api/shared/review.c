/* SPDX-License-Identifier: ISC */
/* See review.h. */
#include "api/shared/review.h"

#include "api/shared/membership.h"
#include "api/shared/own_row.h"
#include "api/shared/service.h"
#include "directory/directory.h"
#include "view/parked.h"

enum { REVIEW_SLICE = 64 /* polls reviewed before the loop gets a turn: each may read the database three times */ };

/* Whether USER may have missed that what they say by hand changed, since nothing is known of it any more. */
static bool has_missed(const struct service *service, struct view *view, const char *user, size_t len)
{
    int64_t rev;

    return !view_own_rev(view, user, len, &rev) && own_row_rev(service, view, user, 0) > 0;
}

static enum poll_right right_of(void *ctx, struct view *view, const char *user, size_t len, int64_t credential)
{
    const struct service *service = ctx;
    enum poll_right right = membership_right(service->directory, view_workspace(view), user, credential);

    return right == POLL_ALLOWED && has_missed(service, view, user, len) ? POLL_OWN_NEWS : right;
}

void review_begin(struct service *service)
{
    int64_t revision = directory_revision(service->directory);

    if (revision == service->revision || revision < 0)
        return;
    service->revision = revision;
    parked_review(service->parked);
}

bool review_some(struct service *service)
{
    return parked_review_some(service->parked, right_of, service, REVIEW_SLICE);
}
