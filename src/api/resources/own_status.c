/* SPDX-License-Identifier: ISC */
/* /v1/workspaces/{ws}/me/status: what the caller says by hand of themselves, and how others see them. */
#include "api/shared/handlers.h"

#include "api/shared/own_change.h"
#include "api/shared/own_reply.h"
#include "api/shared/params.h"

void own_status_get(struct exchange *exchange)
{
    exchange->user = exchange->caller.user;
    own_reply(exchange);
}

void own_status_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (json) {
        exchange->user = exchange->caller.user;
        own_change_put(exchange, json);
    }
    json_free(json);
}

void own_status_delete(struct exchange *exchange)
{
    bool all;

    exchange->user = exchange->caller.user;
    if (params_flag(exchange, "all", &all))
        own_change_clear(exchange, all);
}
