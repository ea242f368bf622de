/* SPDX-License-Identifier: ISC */
/*
 * /v1/workspaces/{ws}/places/{place}, or .../place?place=, which takes any name: where a session is and what it does
 * there, and who is there. A place is a conversation, or what the application calls one.
 */
#include "api/shared/handlers.h"

#include "api/shared/own_row.h"
#include "api/shared/place_params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "presence/presence.h"
#include "view/place_set.h"
#include "view/reading.h"

#include <stdlib.h>
#include <string.h>

/* ---- being there ---- */

static bool said(struct exchange *exchange, enum presence_result result)
{
    switch (result) {
    case PRESENCE_ENDED:
        exchange_problem(exchange, PROBLEM_SESSION_ENDED,
                         "This session is not live, so it cannot be at a place. Join, then try again.");
        return false;
    case PRESENCE_FULL:
        exchange_problem(exchange, PROBLEM_TOO_MANY_PLACES,
                         "A session can be at %d places, and a user can do %d things at places of a workspace. End one "
                         "of them, or wait until it ends.",
                         LIMIT_PLACES_PER_SESSION, LIMIT_THINGS_PER_USER);
        return false;
    default: break;
    }
    return problems_presence_ok(exchange, result);
}

/* What others notice is charged, and only Redis knows that. */
static void on_at(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (reply->changed)
        spend_anyway(exchange, COST_PLACE, 1);
    if (said(exchange, reply->result))
        exchange_reply(exchange, 204, NULL);
}

static struct place_deed deed_of(const struct exchange *exchange)
{
    return (struct place_deed){.workspace = exchange->workspace, .user = exchange->caller.user, .n = -1};
}

/* What was said a moment ago costs nothing. */
static void say(struct exchange *exchange, const struct place_deed *deed)
{
    struct presence *presence = service_of(exchange)->presence;

    if (presence_at_again(presence, presence_view_now(presence, deed->workspace), deed))
        exchange_reply(exchange, 204, NULL);
    else if (spend_or_refuse(exchange, COST_PLACE, 0))
        presence_at(presence, deed, on_at, exchange);
}

void places_put(struct exchange *exchange)
{
    struct place_deed deed = deed_of(exchange);
    struct json *json = exchange_json(exchange);

    if (json && place_params_name(exchange, &deed.place) && place_params_deed(exchange, json, &deed))
        say(exchange, &deed);
    json_free(json);
}

/* ---- ending it: never refused, since nobody can end more than they began ---- */

static void on_from(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (problems_presence_ok(exchange, reply->result))
        exchange_reply(exchange, 204, NULL);
}

void places_delete(struct exchange *exchange)
{
    struct place_deed deed = deed_of(exchange);

    if (place_params_name(exchange, &deed.place) && place_params_end(exchange, &deed))
        presence_from(service_of(exchange)->presence, &deed, on_from, exchange);
}

/* ---- who is there ---- */

/* A request for it, until view and set are there. */
struct look {
    struct exchange *exchange; /* borrowed: owns this */
    const char *place;         /* borrowed from the exchange */
    enum place_eyes eyes;
    struct buf cursor; /* of the view */
};

static void look_free(void *state)
{
    struct look *self = state;

    buf_fini(&self->cursor);
    free(self);
}

static void reply_set(struct look *self, const struct place_set *set)
{
    struct buf body;
    size_t len;
    const char *json = place_set_json(set, self->eyes, &len);

    reading_append_set(self->place, set, self->eyes, &self->cursor);
    spend_anyway(self->exchange, COST_WORK, place_set_count(set, self->eyes) / COSTS_WORK_ROWS);
    buf_init(&body);
    buf_add_char(&body, '{');
    buf_add(&body, json, len);
    render_text(&body, ",cursor", buf_text(&self->cursor));
    buf_add_text(&body, "}\n");
    exchange_reply_buf(self->exchange, 200, &body);
    buf_fini(&body);
}

static void on_set(void *ctx, const struct place_set *set)
{
    struct look *self = ctx;

    if (set)
        reply_set(self, set);
    else
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
}

static void on_view(void *ctx, struct view *view)
{
    struct look *self = ctx;
    struct exchange *exchange = self->exchange;
    const char *user = exchange->caller.user;

    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    self->eyes = own_row_hides_typing(service_of(exchange), view, user) ? PLACE_QUIET : PLACE_ALL;
    struct cursor cursor = {.seq = view_head(view)};
    char text[CURSOR_TEXT_MAX];
    strcpy(cursor.epoch, view_epoch(view));
    buf_add(&self->cursor, text, cursor_format(&cursor, text));
    presence_place(service_of(exchange)->presence, exchange->workspace, self->place, on_set, self);
}

void places_get(struct exchange *exchange)
{
    const char *place;

    if (!place_params_name(exchange, &place))
        return;
    struct look *self = mem_new(sizeof *self);
    *self = (struct look){.exchange = exchange, .place = place};
    buf_init(&self->cursor);
    exchange_keep(exchange, self, look_free);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, self);
}
