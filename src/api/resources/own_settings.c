/* SPDX-License-Identifier: ISC */
/* /v1/workspaces/{ws}/me/settings: how much the caller lets others know. */
#include "api/shared/handlers.h"

#include "api/shared/own_change.h"
#include "api/shared/own_reply.h"

void own_settings_get(struct exchange *exchange)
{
    exchange->user = exchange->caller.user;
    own_reply_settings(exchange);
}

void own_settings_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (json) {
        exchange->user = exchange->caller.user;
        own_change_settings(exchange, json);
    }
    json_free(json);
}
