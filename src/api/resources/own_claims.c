/* SPDX-License-Identifier: ISC */
/*
 * /v1/workspaces/{ws}/me/claims/{name}: what another page or a program of the caller says of them for a while, such as
 * that they are in a call.
 */
#include "api/shared/handlers.h"

#include "api/shared/own_change.h"

enum { NAME_AT = 5 }; /* the segment of the path that has the claim's name */

void own_claim_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (json) {
        exchange->user = exchange->caller.user;
        own_change_put_claim(exchange, exchange->path.segment[NAME_AT], exchange->path.len[NAME_AT], json);
    }
    json_free(json);
}

void own_claim_delete(struct exchange *exchange)
{
    exchange->user = exchange->caller.user;
    own_change_end_claim(exchange, exchange->path.segment[NAME_AT], exchange->path.len[NAME_AT]);
}
