/* SPDX-License-Identifier: ISC */
/*
 * See service.h. Once a tick: polls that may have lost their right, and whether they can be told anything.
 */
#include "api/shared/service.h"

#include "base/conf.h"
#include "base/random.h"
#include "directory/directory.h"
#include "view/parked.h"
#include "presence/presence.h"

enum {
    REVIEW_SLICE = 64,  /* polls reviewed before the loop gets a turn: each may read the database twice */
    RETRY_SPREAD_S = 3, /* over which a few clients are spread */
    RETRY_PER_S = 1000, /* of a herd */
};

/* A directory that cannot be read takes nobody's right away. */
static enum poll_right right_of(void *ctx, struct view *view, const char *user, size_t len, int64_t credential)
{
    struct service *self = ctx;

    (void)len;
    if (credential && directory_has_token(self->directory, credential) == DIRECTORY_NOT_FOUND)
        return POLL_CREDENTIAL_ENDED;
    if (directory_is_member(self->directory, view_workspace(view), user) == DIRECTORY_NOT_FOUND)
        return POLL_MEMBER_REMOVED;
    return POLL_ALLOWED;
}

void service_review(struct service *self)
{
    int64_t revision = directory_revision(self->directory);

    if (revision == self->revision || revision < 0)
        return;
    self->revision = revision;
    parked_review(self->parked);
}

bool service_review_some(struct service *self)
{
    return parked_review_some(self->parked, right_of, self, REVIEW_SLICE);
}

void service_look_at_redis(struct service *self)
{
    bool away = presence_away(self->presence);

    parked_set_away(self->parked, away);
    if (!away)
        self->herd = 0;
    else if (parked_count(self->parked) > self->herd)
        self->herd = parked_count(self->parked);
}

/* At 1,000 a second a worker has time to spare; and all are back within the ttl for which nobody lapses then. */
unsigned service_retry_s(const struct service *self)
{
    unsigned spread = RETRY_SPREAD_S + (unsigned)(self->herd / RETRY_PER_S);
    unsigned most = self->conf->ttl_s / 4;

    if (spread > most)
        spread = most;
    return 1 + random_below(spread + 1);
}
