/* SPDX-License-Identifier: ISC */
/* POST /v1/workspaces/{ws}/join: begins a session, and answers with everyone who is not offline. */
#include "api/shared/handlers.h"

#include "api/shared/census.h"
#include "api/shared/own_row.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"
#include "presence/presence.h"

#include <string.h>

/* 131 bits: two sessions never get the same name by chance. */
enum { SESSION_LEN = 22 };

/* A join on its way. */
struct joining {
    struct exchange *exchange; /* borrowed: owns this */
    char session[IDS_SESSION_MAX + 1];
};

static void reply(const struct joining *self, struct view *view)
{
    struct exchange *exchange = self->exchange;
    const struct service *service = service_of(exchange);
    const struct view_query query = {
        .caller = exchange->caller.user,
        .caller_len = strlen(exchange->caller.user),
        .limit = LIMIT_PAGE_DEFAULT,
        .now_ms = presence_shown_ms(service->presence, exchange->workspace),
        .own_rev = own_row_rev(service, view, exchange->caller.user, 0),
    };
    struct buf body;

    census_look(service, view);
    buf_init(&body);
    buf_add_char(&body, '{');
    render_text(&body, "workspace", exchange->workspace);
    render_text(&body, ",user", exchange->caller.user);
    render_text(&body, ",session", self->session);
    render_timers(&body, exchange->host->conf);
    buf_add_char(&body, ',');
    view_append_everyone(view, &body, &query);
    buf_add_text(&body, "}\n");
    exchange_reply_buf(exchange, exchange->status, &body);
    buf_fini(&body);
}

static void on_view(void *ctx, struct view *view)
{
    const struct joining *self = ctx;

    if (view)
        reply(self, view);
    else
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
}

static void on_beat(void *ctx, const struct presence_reply *reply)
{
    struct joining *self = ctx;
    struct exchange *exchange = self->exchange;

    if (!problems_presence_ok(exchange, reply->result))
        return;
    exchange->status = reply->alive ? 200 : 201;
    presence_view(service_of(exchange)->presence, exchange->workspace, reply->cursor.seq, on_view, self);
}

/* SESSION is the name that the client wants, or NULL. */
static void join(struct exchange *exchange, const char *session, enum status status)
{
    struct joining *self = mem_new(sizeof *self);
    const struct beat beat = {.kind = BEAT_JOIN,
                              .workspace = exchange->workspace,
                              .user = exchange->caller.user,
                              .session = self->session,
                              .status = status,
                              .n = -1};

    self->exchange = exchange;
    exchange_keep(exchange, self, NULL);
    if (session)
        strcpy(self->session, session); /* its length was checked */
    else
        random_name(self->session, SESSION_LEN);
    presence_beat(service_of(exchange)->presence, &beat, on_beat, self);
}

void join_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char *session;
    enum status status;

    if (json && params_session(exchange, json, false, &session) && params_status(exchange, json, &status))
        join(exchange, session, status);
    json_free(json);
}
