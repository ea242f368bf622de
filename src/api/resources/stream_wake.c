/* SPDX-License-Identifier: ISC */
/* See stream.h. */
#include "api/resources/stream.h"

#include "api/shared/service.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/limits.h"
#include "presence/presence.h"

#include <stdio.h>
#include <string.h>

const char stream_revoked[] = "The credential that this poll began with has expired or was revoked.";

/* What a poll is answered with that has read up to its seq: what came after, or nothing. */
static struct blob *news(const struct woken *woken)
{
    struct view *view = woken->view;
    struct view_query query = {woken->user, woken->user_len, woken->only, woken->only_count, woken->limit};
    struct cursor since = {.seq = woken->seq};

    strcpy(since.epoch, view_epoch(view));
    return view_page(view, VIEW_CONTINUE, &since, &query, NULL);
}

static void answer_crowded(struct service *self, const struct woken *woken)
{
    char detail[160];

    snprintf(
        detail, sizeof detail,
        "A user may have %d polls waiting in a workspace; this was the oldest. Nothing is lost: ask again with the same "
        "cursor.",
        LIMIT_POLLS_PER_USER);
    exchange_answer_problem(&self->host, woken->conn, woken->cors, ROUTE_STREAM, PROBLEM_TOO_MANY_POLLS, detail);
}

void stream_wake(void *ctx, const struct woken *woken, enum wake why)
{
    struct service *self = ctx;
    const struct exchange_host *host = &self->host;

    /* Too late for another status than 200: it ends without news, and the next one is told. */
    if (conn_begun(woken->conn) && (why == WAKE_CREDENTIAL || why == WAKE_REMOVED || why == WAKE_AWAY))
        why = WAKE_SUPERSEDED;
    switch (why) {
    case WAKE_NEWS:
        histogram_add(&self->metrics->fanout_seconds, clock_mono_us() - self->news_us);
        exchange_answer(host, woken->conn, woken->cors, ROUTE_STREAM, news(woken));
        return;
    case WAKE_TIMEOUT: /* with the cursor moved past what did not concern it */
        exchange_answer(host, woken->conn, woken->cors, ROUTE_STREAM, news(woken));
        return;
    case WAKE_CREDENTIAL:
        exchange_answer_problem(host, woken->conn, woken->cors, ROUTE_STREAM, PROBLEM_EXPIRED_CREDENTIAL,
                                stream_revoked);
        return;
    case WAKE_REMOVED:
        exchange_answer_problem(host, woken->conn, woken->cors, ROUTE_STREAM, PROBLEM_NOT_A_MEMBER, service_no_member);
        return;
    case WAKE_AWAY: exchange_answer_away(host, woken->conn, woken->cors, ROUTE_STREAM, service_retry_s(self)); return;
    case WAKE_CROWDED: answer_crowded(self, woken); return;
    case WAKE_SUPERSEDED:
    case WAKE_DRAIN:
    case WAKE_LOST: break;
    }
    exchange_answer(host, woken->conn, woken->cors, ROUTE_STREAM, view_nothing(woken->view, woken->seq));
}

void stream_on_gone(void *ctx, struct conn *conn, void *owner)
{
    struct service *self = ctx;
    struct woken woken;

    (void)conn;
    parked_remove(self->parked, owner, &woken);
    if (woken.session)
        presence_leave(self->presence,
                       &(struct leave){view_workspace(woken.view), woken.user, woken.session, LEAVE_CLOSED, woken.beat},
                       NULL, NULL);
}
