/* SPDX-License-Identifier: ISC */
/* GET /healthz, /readyz, /metrics: for whoever watches over the server. */
#include "api/handlers.h"

#include "api/render.h"
#include "api/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/conf.h"
#include "directory/directory.h"
#include "presence/presence.h"
#include "store/redis.h"

#include <string.h>

void healthz_get(struct exchange *exchange)
{
    static const char ok[] = "{\"ok\":true}\n";

    exchange_reply(exchange, 200, blob_new(ok, sizeof ok - 1));
}

/* What is wrong with each part; "" where nothing is. */
struct parts {
    const char *redis;
    const char *worker;
    char directory[300];
};

static void look(struct service *self, struct parts *parts)
{
    struct redis *redis = presence_redis(self->presence);

    parts->redis = redis_reason(redis);
    parts->worker = self->draining ? "about to stop" : "";
    if (directory_check(self->directory, parts->directory, sizeof parts->directory) == DIRECTORY_OK)
        parts->directory[0] = '\0';
}

static const char *or_ok(const char *wrong)
{
    return *wrong ? wrong : "ok";
}

static void render_parts(struct buf *out, const struct parts *parts, bool ready)
{
    render_text(out, "redis", or_ok(parts->redis));
    render_text(out, ",directory", or_ok(parts->directory));
    render_text(out, ",worker", or_ok(parts->worker));
    render_bool(out, ",ready", ready);
}

static void reply_unready(struct exchange *exchange, const struct parts *parts)
{
    enum problem problem = PROBLEM_DRAINING;
    const char *detail = "This worker is about to stop.";
    struct buf members;

    if (*parts->directory) {
        problem = PROBLEM_DIRECTORY_UNAVAILABLE;
        detail = parts->directory;
    }
    if (*parts->redis) {
        problem = PROBLEM_REDIS_UNAVAILABLE;
        detail = parts->redis;
    }
    buf_init(&members);
    buf_add_char(&members, ',');
    render_parts(&members, parts, false);
    exchange_problem_as(exchange, problem, 0, NULL, members.data, detail);
    buf_fini(&members);
}

void readyz_get(struct exchange *exchange)
{
    struct parts parts = {.redis = ""};
    struct buf body;

    look(service_of(exchange), &parts);
    if (*parts.redis || *parts.directory || *parts.worker) {
        reply_unready(exchange, &parts);
        return;
    }
    buf_init(&body);
    buf_add_char(&body, '{');
    render_parts(&body, &parts, true);
    buf_add_text(&body, "}\n");
    exchange_reply_buf(exchange, 200, &body);
    buf_fini(&body);
}

void metrics_get(struct exchange *exchange)
{
    struct service *self = service_of(exchange);
    struct buf body;

    service_measure(self);
    buf_init(&body);
    metrics_render(self->board, self->conf->workers, &body);
    exchange_reply_as(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, blob_from_buf(&body));
    buf_fini(&body);
}
