/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/workspaces/{ws}/leave: ends a session, at once or after a grace. Accepts text/plain too, as beacons send
 * it.
 */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "presence/presence.h"

static void on_left(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (problems_presence_ok(exchange, reply->result))
        exchange_reply(exchange, 204, NULL);
}

/* "now" of the body, as a mode. False: the exchange got a reply. */
static bool read_mode(struct exchange *exchange, const struct json *json, enum leave_mode *mode)
{
    bool now = false;

    if (json_bool(json, "now", &now) == JSON_WRONG_TYPE) {
        return exchange_refuse(exchange, "\"now\" must be true or false.");
    }
    *mode = now ? LEAVE_NOW : LEAVE_GRACE;
    return true;
}

void leave_post(struct exchange *exchange)
{
    struct leave leave = {.workspace = exchange->workspace, .user = exchange->caller.user};
    struct json *json = exchange_json(exchange);

    if (json && params_session(exchange, json, true, &leave.session) && read_mode(exchange, json, &leave.mode) &&
        params_count(exchange, json, &leave.n))
        presence_leave(service_of(exchange)->presence, &leave, on_left, exchange);
    json_free(json);
}
