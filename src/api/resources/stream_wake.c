/* SPDX-License-Identifier: ISC */
/* See stream_wake.h. */
#include "api/resources/stream_wake.h"

#include "api/resources/events.h"
#include "api/resources/stream_places.h"
#include "api/resources/stream_query.h"
#include "api/shared/membership.h"
#include "api/shared/onlooker.h"
#include "api/shared/outage.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/limits.h"
#include "presence/presence.h"

#include <stdio.h>
#include <string.h>

/* What came after the poll's seq, perhaps nothing. */
static struct blob *news(const struct service *service, const struct woken *woken)
{
    struct view *view = woken->view;
    struct view_query query = stream_query_woken(service, woken);
    struct cursor since = {.seq = woken->seq};

    strcpy(since.epoch, view_epoch(view));
    return stream_places_add(service, woken->view, woken->reading,
                             view_page(view, VIEW_CONTINUE, &since, &query, NULL));
}

/* Nothing, with the cursor that the poll came with. */
static struct blob *nothing(const struct service *service, const struct woken *woken)
{
    int64_t own_rev = 0;

    if (!woken->plain)
        view_own_rev(woken->view, woken->user, woken->user_len, &own_rev);
    struct blob *body = woken->lost ? view_lost(woken->view, woken->lost, woken->seq, own_rev)
                                    : view_nothing(woken->view, woken->seq, own_rev);
    return stream_places_add(service, woken->view, woken->reading, body);
}

static void reply_crowded(const struct exchange_parked *poll)
{
    char detail[200];

    snprintf(detail, sizeof detail,
             "You have more than %d polls waiting in this workspace, and this was the oldest. Ask again with the same "
             "cursor: no change is lost.",
             LIMIT_POLLS_PER_USER);
    exchange_problem_parked(poll, PROBLEM_TOO_MANY_POLLS, 0, detail);
}

static void reply_denial(const struct exchange_parked *poll, enum poll_right right, const char *user)
{
    const struct denial *denial = membership_denial(right, user);

    exchange_problem_parked(poll, denial->problem, 0, denial->detail);
}

static void reply_away(const struct exchange_parked *poll, const struct service *service)
{
    exchange_problem_parked(poll, PROBLEM_REDIS_UNAVAILABLE, outage_retry_s(service),
                            "Presence has been unavailable for some seconds. Try again; /readyz says why.");
}

void stream_wake(void *ctx, const struct woken *woken, enum wake why)
{
    struct service *self = ctx;
    if (woken->is_stream) {
        events_end(self, woken, why);
        return;
    }
    enum route route = onlooker_is(woken->user) ? ROUTE_ADMIN_STREAM : ROUTE_STREAM;
    const struct exchange_parked poll = {&self->host, woken->conn, route, woken->cors};

    /* Once a 200 has begun it is too late for another status: the poll ends without news, and the next one is told. */
    if (conn_begun(woken->conn) && (why == WAKE_CREDENTIAL || why == WAKE_REMOVED || why == WAKE_AWAY))
        why = WAKE_SUPERSEDED;
    switch (why) {
    case WAKE_NEWS:
        if (woken->changed_us > 0)
            histogram_add(&self->metrics->fanout_seconds, clock_mono_us() - woken->changed_us);
        exchange_reply_parked(&poll, news(self, woken));
        return;
    case WAKE_TIMEOUT: /* with the cursor moved past what did not concern it */
        exchange_reply_parked(&poll, news(self, woken));
        return;
    case WAKE_CREDENTIAL: reply_denial(&poll, POLL_CREDENTIAL_ENDED, woken->user); return;
    case WAKE_REMOVED: reply_denial(&poll, POLL_MEMBER_REMOVED, woken->user); return;
    case WAKE_AWAY: reply_away(&poll, self); return;
    case WAKE_CROWDED: reply_crowded(&poll); return;
    case WAKE_LEFT:
    case WAKE_SUPERSEDED:
    case WAKE_DRAIN:
    case WAKE_LOST: break;
    }
    exchange_reply_parked(&poll, nothing(self, woken));
}

void stream_on_gone(void *ctx, struct conn *conn, void *owner)
{
    struct service *self = ctx;
    struct woken woken;

    (void)conn;
    parked_remove(self->parked, owner, &woken);
    if (woken.session)
        presence_leave(
            self->presence,
            &(struct leave){view_workspace(woken.view), woken.user, woken.session, LEAVE_CLOSED, woken.beat, -1}, NULL,
            NULL);
}
