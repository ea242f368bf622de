/* SPDX-License-Identifier: ISC */
/* GET /healthz and /readyz: for whatever monitors the server. */
#include "api/shared/handlers.h"

#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "presence/presence.h"
#include "redis/redis_router.h"

void healthz_get(struct exchange *exchange)
{
    static const char ok[] = "{\"ok\":true}\n";

    exchange_reply(exchange, 200, blob_new(ok, sizeof ok - 1));
}

/* What is wrong with each part, a sentence; "" if nothing is. */
struct parts {
    const char *redis;
    const char *worker;
    const char *directory;
    const char *record; /* NULL without one. Reads and presence go on while it is away, so it makes nothing unready */
};

static void look(struct service *self, struct parts *parts)
{
    parts->redis = redis_router_reason(presence_redis(self->presence));
    parts->worker = self->draining ? "about to stop" : "";
    parts->directory = self->directory_look.wrong;
    parts->record = self->writer ? self->record_wrong : NULL;
}

static const char *or_ok(const char *wrong)
{
    return *wrong ? wrong : "ok";
}

static void render_parts(struct buf *out, const struct parts *parts, bool ready)
{
    render_text(out, "redis", or_ok(parts->redis));
    render_text(out, ",directory", or_ok(parts->directory));
    if (parts->record)
        render_text(out, ",record", or_ok(parts->record));
    render_text(out, ",worker", or_ok(parts->worker));
    render_bool(out, ",ready", ready);
}

static void reply_unready(struct exchange *exchange, const struct parts *parts)
{
    enum problem problem = PROBLEM_DRAINING;
    const char *detail = "This worker is about to stop.";

    if (*parts->directory) {
        problem = PROBLEM_DIRECTORY_UNAVAILABLE;
        detail = parts->directory;
    }
    if (*parts->redis) {
        problem = PROBLEM_REDIS_UNAVAILABLE;
        detail = parts->redis;
    }
    struct buf members;
    buf_init(&members);
    buf_add_char(&members, ',');
    render_parts(&members, parts, false);
    exchange_problem_with(exchange, problem, &(struct problem_extra){.members = members.data}, detail);
    buf_fini(&members);
}

void readyz_get(struct exchange *exchange)
{
    struct parts parts = {.redis = ""};

    if (!service_of(exchange)->fcgi)
        service_look(service_of(exchange)); /* a CGI program has no ticks that did so, and nobody else waits for it */
    look(service_of(exchange), &parts);
    if (*parts.redis || *parts.directory || *parts.worker) {
        reply_unready(exchange, &parts);
        return;
    }
    struct buf body;
    buf_init(&body);
    buf_add_char(&body, '{');
    render_parts(&body, &parts, true);
    buf_add_text(&body, "}\n");
    exchange_reply_buf(exchange, 200, &body);
    buf_fini(&body);
}
