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

void leave_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char *session;
    bool now = false;

    if (json && params_session(exchange, json, true, &session)) {
        if (json_bool(json, "now", &now) == JSON_WRONG_TYPE)
            exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"now\" must be true or false.");
        else
            presence_leave(
                service_of(exchange)->presence,
                &(struct leave){exchange->workspace, exchange->caller.user, session, now ? LEAVE_NOW : LEAVE_GRACE, 0},
                on_left, exchange);
    }
    json_free(json);
}
