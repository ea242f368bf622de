/* SPDX-License-Identifier: ISC */
/* GET /healthz, /readyz, /metrics: for whoever watches over the server. */
#include "api/handlers.h"

#include "api/render.h"
#include "api/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "directory/directory.h"
#include "presence/presence.h"
#include "store/redis.h"

#include <string.h>

void healthz_get(struct exchange *exchange)
{
    static const char ok[] = "{\"ok\":true}\n";

    exchange_reply(exchange, 200, blob_new(ok, sizeof ok - 1));
}

/* One part: "name":"ok", or what is wrong with it. */
static bool render_part(struct buf *body, const char *name, const char *wrong)
{
    render_text(body, name, *wrong ? wrong : "ok");
    return *wrong == '\0';
}

void readyz_get(struct exchange *exchange)
{
    struct service *self = service_of(exchange);
    struct redis *redis = presence_redis(self->presence);
    char wrong[300] = "";
    struct buf body;
    bool ready;

    if (directory_check(self->directory, wrong, sizeof wrong) == DIRECTORY_OK)
        wrong[0] = '\0';
    buf_init(&body);
    buf_add_char(&body, '{');
    ready = render_part(&body, "redis", redis_up(redis) ? "" : redis_reason(redis));
    ready &= render_part(&body, ",directory", wrong);
    ready &= render_part(&body, ",worker", self->draining ? "about to stop" : "");
    render_bool(&body, ",ready", ready);
    buf_add_text(&body, "}\n");
    if (ready)
        exchange_reply_buf(exchange, 200, &body);
    else
        exchange_reply_as(exchange, 503, "application/json", "Retry-After: 2\r\n", blob_from_buf(&body));
    buf_fini(&body);
}

void metrics_get(struct exchange *exchange)
{
    struct service *self = service_of(exchange);
    struct buf body;

    service_measure(self);
    buf_init(&body);
    metrics_render(self->board, &body);
    exchange_reply_as(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, blob_from_buf(&body));
    buf_fini(&body);
}
