/* SPDX-License-Identifier: ISC */
/* POST /v1/workspaces/{ws}/heartbeat: a session says that it is still there, and how. The path that is taken most. */
#include "api/handlers.h"

#include "api/params.h"
#include "api/render.h"
#include "api/service.h"
#include "base/buf.h"
#include "base/conf.h"

static void on_beat(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;
    struct buf body;

    if (!params_presence_ok(exchange, reply->result))
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

/* "n" of the body: the client's own count of its heartbeats, so that one overtaken by the next does no harm. */
static bool read_count(struct exchange *exchange, const struct json *json, int64_t *out)
{
    *out = -1;
    if (json_int(json, "n", out) == JSON_WRONG_TYPE || (json_int(json, "n", out) == JSON_GOT && *out < 0)) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"n\" must be a whole number that grows with each heartbeat.");
        return false;
    }
    return true;
}

void heartbeat_post(struct exchange *exchange)
{
    struct beat beat = {.kind = BEAT_HEARTBEAT, .workspace = exchange->path.segment[2], .user = exchange->caller.user};
    struct json *json = exchange_json(exchange);

    if (json && params_session(exchange, json, true, &beat.session) && params_status(exchange, json, &beat.status) &&
        read_count(exchange, json, &beat.n))
        presence_beat(service_of(exchange)->presence, &beat, on_beat, exchange);
    json_free(json);
}
