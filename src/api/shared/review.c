/* SPDX-License-Identifier: ISC */
/* See review.h. */
#include "api/shared/review.h"

#include "api/shared/membership.h"
#include "api/shared/service.h"
#include "directory/directory.h"
#include "view/parked.h"

enum { REVIEW_SLICE = 64 /* polls reviewed before the loop gets a turn: each may read the database twice */ };

static enum poll_right right_of(void *ctx, struct view *view, const char *user, size_t len, int64_t credential)
{
    const struct service *service = ctx;

    (void)len;
    return membership_right(service->directory, view_workspace(view), user, credential);
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
