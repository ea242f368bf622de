/* SPDX-License-Identifier: ISC */
/* POST /v1/workspaces/{ws}/join: a session begins, and is told of everyone who is not offline. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"

/* 131 bits: nobody meets another's session by chance. */
enum { SESSION_LEN = 22 };

static void on_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;
    struct buf body;

    if (!view) {
        params_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    buf_init(&body);
    buf_add_char(&body, '{');
    render_text(&body, "workspace", exchange->workspace);
    render_text(&body, ",user", exchange->caller.user);
    render_text(&body, ",session", exchange->session);
    render_timers(&body, exchange->host->conf);
    buf_add_char(&body, ',');
    view_append_everyone(view, &body, LIMIT_PAGE_DEFAULT);
    buf_add_text(&body, "}\n");
    exchange_reply_buf(exchange, exchange->status, &body);
    buf_fini(&body);
}

static void on_beat(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (!params_presence_ok(exchange, reply->result))
        return;
    exchange->status = reply->alive ? 200 : 201;
    presence_view(service_of(exchange)->presence, exchange->workspace, reply->cursor.seq, on_view, exchange);
}

static void join(struct exchange *exchange, const char *session, enum status status)
{
    char name[SESSION_LEN + 1];
    struct beat beat = {.kind = BEAT_JOIN, .status = status, .n = -1, .user = exchange->caller.user};

    if (!session) {
        random_name(name, SESSION_LEN);
        session = name;
    }
    beat.workspace = exchange->workspace = mem_text(exchange->path.segment[2]);
    beat.session = exchange->session = mem_text(session);
    presence_beat(service_of(exchange)->presence, &beat, on_beat, exchange);
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
