/* SPDX-License-Identifier: ISC */
/*
 * GET and POST /v1/workspaces/{ws}/stream: what changed after a cursor, at once if anything did, otherwise when
 * something does; in a busy workspace, when the others are told (parked_window.c). A poll is read (stream_request.c),
 * counts as a beat if it has a session, and is answered here or parked (stream_park.c) until stream_wake.c replies. For
 * a client that accepts text/event-stream the answer goes on (events.c).
 */
#include "api/shared/handlers.h"

#include "api/resources/events.h"
#include "api/resources/stream_park.h"
#include "api/resources/stream_places.h"
#include "api/resources/stream_query.h"
#include "api/resources/stream_request.h"
#include "api/shared/membership.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/mem.h"
#include "directory/directory.h"
#include "presence/presence.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY_BYTES = 90 /* of a change in an answer, about */ };

static struct service *service_for(const struct stream_request *self)
{
    return service_of(self->exchange);
}

/* Whether Redis has been unavailable for long, so that nobody could be told of a change. */
static bool is_away(const struct stream_request *self)
{
    return presence_away(service_for(self)->presence, self->exchange->workspace);
}

/* ---- answering ---- */

static enum view_start start_of(const struct stream_request *self, const struct view *view)
{
    if (self->unknown_since)
        return VIEW_RESYNC;
    return view_start(view, self->has_since ? &self->since : NULL);
}

/* The entries of those whom the poll follows and who have one, COUNT of them; NULL if it follows everyone. */
static struct view_entry **find_users(const struct stream_request *self, const struct view *view, size_t *count)
{
    *count = 0;
    if (self->count == 0)
        return NULL;
    struct view_entry **only = mem_resize(NULL, self->count, sizeof *only);
    for (size_t i = 0; i < self->count; i++) {
        only[*count] = view_existing(view, self->users[i], strlen(self->users[i]));
        if (only[*count])
            ++*count;
    }
    return only;
}

/* Whether the poll is answered now, news or not. */
static bool is_in_a_hurry(const struct stream_request *self)
{
    return self->wait_s == 0 || self->exchange->head || service_for(self)->draining;
}

/* Whether the poll continues from its cursor, rather than being told everything. */
static bool continues(const struct stream_request *self, enum view_start start)
{
    return start == VIEW_CONTINUE && self->since.head == 0;
}

/* Whether the news has to wait until a window is over, because the poll comes right after an answer. */
static bool is_held_back(const struct stream_request *self, const struct view *view)
{
    return !is_in_a_hurry(self) && !is_away(self) &&
           parked_holds_back(service_for(self)->parked, view, self->since.seq, clock_mono_ms());
}

/* Whether the poll is told now what is new. */
static bool tells_now(const struct stream_request *self, const struct view *view)
{
    return (self->has_news && !is_held_back(self, view)) || (self->has_counts && is_in_a_hurry(self));
}

/* The answer that can be given now; NULL if the poll has to wait. */
static struct blob *answer_now(struct stream_request *self, struct view *view)
{
    size_t only_count;
    struct view_entry **only = find_users(self, view, &only_count);
    struct view_query query = stream_query_asked(self, view, only, only_count);
    enum view_start start = start_of(self, view);
    struct blob *body = NULL;

    bool has_changes = view_has_news(view, self->since.seq, &query);
    bool has_places = stream_places_news(service_for(self), view, self->reading);

    self->has_news = continues(self, start) && (has_changes || has_places);
    self->has_counts = continues(self, start) && view_has_counts(view, self->since.seq, &query);
    if (!continues(self, start) || self->own_news || (tells_now(self, view) && (has_changes || self->has_counts)))
        body = view_page(view, start, &self->since, &query, NULL);
    else if (tells_now(self, view) || (!self->has_news && is_in_a_hurry(self))) /* sets of places may be the news */
        body = view_nothing(view, -1, self->own_rev);
    free(only);
    if (body)
        body = stream_places_add(service_for(self), view, self->reading, body);
    spend_anyway(self->exchange, COST_WORK,
                 self->count / COSTS_WORK_NARROWED + (body ? body->len / COSTS_WORK_ANSWER : 0));
    return body;
}

/*
 * The client went away while Redis was asked: the same happens as if its poll had been parked. One of which Redis was
 * not told has the number of the poll before it, and perhaps of the one after it, so its session is left alone.
 */
static void give_up(struct stream_request *self)
{
    struct exchange *exchange = self->exchange;

    if (self->is_beat && !self->again)
        presence_leave(
            service_for(self)->presence,
            &(struct leave){exchange->workspace, exchange->caller.user, self->session, LEAVE_CLOSED, self->beat, -1},
            NULL, NULL);
    exchange_reply(exchange, 200, NULL);
}

/* A caller who lost the right to poll while Redis was asked gets no news and is not parked: replies 401 or 403. */
static bool still_allowed(struct stream_request *self)
{
    struct directory *directory = service_for(self)->directory;
    struct exchange *exchange = self->exchange;

    if (directory_revision(directory) == self->revision)
        return true;
    enum poll_right right =
        membership_right(directory, exchange->workspace, exchange->caller.user, exchange->caller.credential);
    if (right == POLL_ALLOWED)
        return true;
    const struct denial *denial = membership_denial(right, exchange->caller.user);
    exchange_problem(exchange, denial->problem, "%s", denial->detail);
    return false;
}

/* A stream that begins with everybody costs what all its first pages do; they are sent once it is parked. */
static void park_events(struct stream_request *self, struct view *view)
{
    const struct stream_spec spec = events_spec(self, start_of(self, view));
    size_t listed = spec.start == VIEW_CONTINUE && spec.head == 0 ? 0 : view_shown(view);

    spend_anyway(self->exchange, COST_WORK,
                 self->count / COSTS_WORK_NARROWED + listed * ENTRY_BYTES / COSTS_WORK_ANSWER);
    stream_park(self, view, &spec);
}

static void on_settled(void *ctx)
{
    struct stream_request *self = ctx;

    exchange_reply(self->exchange, 200, self->body);
}

static void answer(struct stream_request *self, struct blob *body)
{
    self->body = body;
    if (self->told)
        presence_settle(service_for(self)->presence, self->exchange->workspace, on_settled, self);
    else
        on_settled(self);
}

static void answer_or_park(struct stream_request *self, struct view *view)
{
    stream_query_look(self, view);
    stream_places_begin(self, view, start_of(self, view));
    struct blob *body = self->events ? NULL : answer_now(self, view);

    if (body)
        answer(self, body);
    else if (is_away(self))
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
    else if (self->events)
        park_events(self, view);
    else
        stream_park(self, view, NULL);
}

/*
 * How far this worker's view must have read: another worker may have been ahead of it when it gave out the
 * cursor.
 */
static int64_t read_up_to(const struct stream_request *self)
{
    return self->since.head > self->since.seq ? self->since.head : self->since.seq;
}

static void on_view(void *ctx, struct view *view);

/* The sets of places that it asks for were read. Meanwhile VIEW may have begun again. */
static void on_places(void *ctx, struct view *view)
{
    struct stream_request *self = ctx;

    if (!view)
        on_view(self, NULL);
    else
        presence_view(service_for(self)->presence, self->exchange->workspace, read_up_to(self), on_view, self);
}

static void on_view(void *ctx, struct view *view)
{
    struct stream_request *self = ctx;
    const char *user = self->exchange->caller.user;

    if (!view) {
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    if (!self->exchange->conn) {
        give_up(self);
        return;
    }
    if (stream_places_wait(self, view, on_places) || !still_allowed(self))
        return;
    if (self->is_beat)
        parked_end_session(service_for(self)->parked, view, user, self->session, self->beat + self->again);
    answer_or_park(self, view);
}

/* ---- asking Redis ---- */

static void on_beat(void *ctx, const struct presence_reply *reply)
{
    struct stream_request *self = ctx;

    if (!problems_presence_ok(self->exchange, reply->result))
        return;
    self->beat = reply->beat;
    self->waited_ms = reply->waited_ms;
    self->told = reply->told;
    self->is_beat = reply->beat > 0; /* one that came too late holds no session */
    if (reply->changed)
        spend_anyway(self->exchange, COST_BEAT, 1);
    presence_view(service_for(self)->presence, self->exchange->workspace, reply->cursor.seq, on_view, self);
}

/*
 * A poll that changes what others see costs as much as a heartbeat, but only Redis knows whether it does. So it is
 * charged afterwards, and one that could change something is refused while nothing is left. A poll that only follows
 * is never.
 */
static bool may_change(const struct stream_request *self)
{
    return !self->is_beat || self->status == STATUS_OFFLINE || spend_or_refuse(self->exchange, COST_BEAT, 0);
}

/* Whether BEAT counts without Redis. A stream is rare, and asks. */
static bool is_again(struct stream_request *self, const struct beat *beat)
{
    self->beat = self->events ? 0 : presence_beat_again(service_for(self)->presence, beat);
    self->again = self->beat > 0;
    return self->again;
}

static void begin(struct stream_request *self)
{
    struct presence *presence = service_for(self)->presence;
    const struct exchange *exchange = self->exchange;
    const struct beat beat = {.kind = BEAT_POLL,
                              .workspace = exchange->workspace,
                              .user = exchange->caller.user,
                              .session = self->session,
                              .status = self->status,
                              .n = self->n,
                              .wait_ms = self->events ? 0 : self->wait_s * 1000,
                              .stream = self->events};

    self->revision = directory_revision(service_for(self)->directory);
    if (is_away(self) && (self->is_beat || !presence_view_now(presence, exchange->workspace)))
        on_view(self, NULL);
    else if (self->is_beat && !is_again(self, &beat))
        presence_beat(presence, &beat, on_beat, self);
    else
        presence_view(presence, exchange->workspace, read_up_to(self), on_view, self);
}

void stream_get(struct exchange *exchange)
{
    struct stream_request *self = stream_request_new(exchange);

    if (stream_request_read_query(self) && may_change(self))
        begin(self);
}

void stream_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (!json)
        return;
    struct stream_request *self = stream_request_new(exchange);
    if (stream_request_read_json(self, json) && may_change(self))
        begin(self);
    json_free(json);
}
