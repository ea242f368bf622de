/* SPDX-License-Identifier: ISC */
/* POST /v1/workspaces/{ws}/heartbeat: a session is still alive, and has this status. The most frequent request. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/conf.h"
#include "presence/presence.h"

static void on_beat(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;
    struct buf body;

    if (!problems_presence_ok(exchange, reply->result))
        return;
    buf_init(&body);
    buf_add_char(&body, '{');
    render_text(&body, "user", exchange->caller.user);
    render_text(&body, ",status", status_name(reply->status));
    render_timers(&body, exchange->host->conf);
    render_cursor(&body, ",cursor", &reply->cursor);
    if (!reply->alive)
        buf_add_text(&body, ",\"revived\":true");
    buf_add_text(&body, "}\n");
    exchange_reply_buf(exchange, 200, &body);
    buf_fini(&body);
}

void heartbeat_post(struct exchange *exchange)
{
    struct beat beat = {.kind = BEAT_HEARTBEAT, .workspace = exchange->workspace, .user = exchange->caller.user};
    struct json *json = exchange_json(exchange);

    if (json && params_session(exchange, json, true, &beat.session) && params_status(exchange, json, &beat.status) &&
        params_count(exchange, json, &beat.n))
        presence_beat(service_of(exchange)->presence, &beat, on_beat, exchange);
    json_free(json);
}
