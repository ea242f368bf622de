/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/members and .../members/{user}, or .../member?user=, which takes any id: who belongs where.
 * Imports are in admin_import.c.
 */
#include "api/handlers.h"

#include "api/audit.h"
#include "api/listing.h"
#include "api/params.h"
#include "api/service.h"
#include "base/mem.h"

#include <string.h>

static void add_row(void *ctx, const struct member_row *row)
{
    struct listing *listing = ctx;

    if (!listing_row(listing))
        return;
    listing_text(listing, "user", row->user);
    listing_text(listing, "name", row->name);
    listing_text(listing, "role", row->role);
    listing_end_row(listing, row->user, 0);
}

static void no_row(void *ctx, const struct workspace_row *row)
{
    (void)ctx;
    (void)row;
}

static bool workspace_exists(struct exchange *exchange, const char *workspace)
{
    return params_directory_ok(exchange,
                               directory_get_workspace(service_of(exchange)->directory, workspace, no_row, NULL));
}

static bool wants_export(const struct exchange *exchange)
{
    const char *accept = exchange_header(exchange, "HTTP_ACCEPT");

    return accept && strstr(accept, "application/x-ndjson");
}

void admin_members_get(struct exchange *exchange)
{
    struct listing listing;
    const char *workspace;
    const char *after;
    size_t limit;

    if (!params_path_workspace(exchange, 3, &workspace) || !workspace_exists(exchange, workspace))
        return;
    if (wants_export(exchange)) {
        admin_members_export(exchange);
        return;
    }
    if (!params_limit(exchange, &limit) || !params_after(exchange, &after))
        return;
    listing_init(&listing, exchange, "members", limit);
    if (params_directory_ok(exchange, directory_each_member(service_of(exchange)->directory, workspace, after,
                                                            limit + 1, add_row, &listing)))
        listing_reply(&listing);
    else
        listing_fini(&listing);
}

static void reply_member(struct exchange *exchange, const char *workspace, const char *user, int status)
{
    struct listing listing;

    listing_init(&listing, exchange, NULL, 1);
    if (params_directory_ok(exchange,
                            directory_get_member(service_of(exchange)->directory, workspace, user, add_row, &listing)))
        listing_reply_one(&listing, status);
    else
        listing_fini(&listing);
}

void admin_member_get(struct exchange *exchange)
{
    const char *workspace;
    const char *user;

    if (params_path_workspace(exchange, 3, &workspace) && params_user(exchange, 5, &user))
        reply_member(exchange, workspace, user, 200);
}

/* ---- adding, changing ---- */

/* The directory has it; whether everyone could be told at once does not change that. */
static void on_marked(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    (void)reply;
    reply_member(exchange, exchange->workspace, exchange->user, exchange->status);
}

static void put_member(struct exchange *exchange, const char *name, const char *role)
{
    struct service *service = service_of(exchange);
    bool changed = false;
    enum directory_result result =
        directory_put_member(service->directory, exchange->workspace, exchange->user, name, role, &changed);

    if (!params_directory_ok(exchange, result))
        return;
    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    audit(exchange, "member.put", exchange->workspace, exchange->user);
    if (changed || result == DIRECTORY_CREATED)
        presence_mark_roster(service->presence, exchange->workspace, on_marked, exchange);
    else
        reply_member(exchange, exchange->workspace, exchange->user, exchange->status);
}

void admin_member_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char *workspace, *user, *name, *role;

    if (json && params_path_workspace(exchange, 3, &workspace) && params_user(exchange, 5, &user) &&
        params_name(exchange, json, &name) && params_role(exchange, json, &role)) {
        exchange->workspace = mem_text(workspace);
        exchange->user = mem_text(user);
        put_member(exchange, name, role);
    }
    json_free(json);
}

/* ---- removing ---- */

static void on_evicted(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (params_presence_ok(exchange, reply->result))
        exchange_reply(exchange, 204, NULL);
}

/* Presence follows even where the directory had no such member: asking again mends what a failure left. */
void admin_member_delete(struct exchange *exchange)
{
    enum directory_result result;
    const char *workspace, *user;

    if (!params_path_workspace(exchange, 3, &workspace) || !params_user(exchange, 5, &user) ||
        !workspace_exists(exchange, workspace))
        return;
    result = directory_delete_member(service_of(exchange)->directory, workspace, user);
    if (result != DIRECTORY_NOT_FOUND && !params_directory_ok(exchange, result))
        return;
    audit(exchange, "member.delete", workspace, user);
    presence_evict(service_of(exchange)->presence, workspace, user, on_evicted, exchange);
}
