/* SPDX-License-Identifier: ISC */
/* GET /healthz and /readyz: for whatever monitors the server. */
#include "api/shared/handlers.h"

#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "directory/directory.h"
#include "presence/presence.h"
#include "redis/redis.h"

#include <string.h>

void healthz_get(struct exchange *exchange)
{
    static const char ok[] = "{\"ok\":true}\n";

    exchange_reply(exchange, 200, blob_new(ok, sizeof ok - 1));
}

/* ---- the directory ---- */

enum {
    LOOK_MS = 1000, /* between looks */
    HELD_MS = 2000, /* until another writer is a fault */
};

void service_look(struct service *self)
{
    struct directory_look *look = &self->directory_look;
    int64_t now_ms = clock_mono_ms();
    char error[sizeof look->wrong];
    enum directory_result result;

    if (look->looked_ms != 0 && now_ms - look->looked_ms < LOOK_MS)
        return;
    if (look->looked_ms == 0)
        look->well_ms = now_ms; /* it was opened just now */
    look->looked_ms = now_ms;
    result = directory_check(self->directory, false, error, sizeof error);
    if (result == DIRECTORY_OK) {
        look->well_ms = now_ms;
        look->wrong[0] = '\0';
    } else if (result != DIRECTORY_BUSY || now_ms - look->well_ms >= HELD_MS) {
        memcpy(look->wrong, error, sizeof error);
    }
}

/* ---- all parts ---- */

/* What is wrong with each part; "" where nothing is. */
struct parts {
    const char *redis;
    const char *worker;
    const char *directory;
};

static void look(struct service *self, struct parts *parts)
{
    parts->redis = redis_reason(presence_redis(self->presence));
    parts->worker = self->draining ? "about to stop" : "";
    parts->directory = self->directory_look.wrong;
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
    exchange_problem_with(exchange, problem, &(struct problem_extra){.members = members.data}, detail);
    buf_fini(&members);
}

void readyz_get(struct exchange *exchange)
{
    struct parts parts = {.redis = ""};
    struct buf body;

    if (!service_of(exchange)->fcgi)
        service_look(service_of(exchange)); /* a CGI program has no ticks before, and nobody who waits */
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
