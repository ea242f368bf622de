/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/members/{user}/status and .../claims/{name}, or .../member/status?user= and so on, which
 * take any id: what an administrator or an integration says of a member.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/own_change.h"
#include "api/shared/own_reply.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "directory/members.h"

#include <stdint.h>
#include <string.h>

/* Sets workspace and user of EXCHANGE to the member in its path or query: 404 if there is no such member. */
static bool read_member(struct exchange *exchange)
{
    bool in_path = strcmp(exchange->path.segment[4], "members") == 0;
    enum directory_result result;

    if (!params_known_workspace(exchange, 3, &exchange->workspace) ||
        !params_user(exchange, in_path ? 5 : SIZE_MAX, &exchange->user))
        return false;
    result = directory_has_member(service_of(exchange)->directory, exchange->workspace, exchange->user);
    if (result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "\"%s\" is not a member of \"%s\".", exchange->user,
                     exchange->workspace);
    return false;
}

/* It tells what is hidden from everybody else. */
void admin_status_get(struct exchange *exchange)
{
    if (!read_member(exchange))
        return;
    audit(exchange, "status.read", exchange->workspace, exchange->user);
    own_reply(exchange);
}

void admin_status_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (json && read_member(exchange))
        own_change_put(exchange, json);
    json_free(json);
}

void admin_status_delete(struct exchange *exchange)
{
    bool all;

    if (params_flag(exchange, "all", &all) && read_member(exchange))
        own_change_clear(exchange, all);
}

/* The claim's name is the last segment of either path. */
void admin_claim_put(struct exchange *exchange)
{
    size_t last = exchange->path.count - 1;
    struct json *json = exchange_json(exchange);

    if (json && read_member(exchange))
        own_change_put_claim(exchange, exchange->path.segment[last], exchange->path.len[last], json);
    json_free(json);
}

void admin_claim_delete(struct exchange *exchange)
{
    size_t last = exchange->path.count - 1;

    if (read_member(exchange))
        own_change_end_claim(exchange, exchange->path.segment[last], exchange->path.len[last]);
}
