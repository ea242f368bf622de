/* SPDX-License-Identifier: ISC */
/* /v1/admin/workspaces and /v1/admin/workspaces/{ws}: creating, naming, listing and deleting workspaces. */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/review.h"
#include "api/shared/service.h"
#include "base/mem.h"
#include "directory/workspaces.h"

static void add_row(void *ctx, const struct workspace_row *row)
{
    struct listing *listing = ctx;

    if (!listing_row(listing))
        return;
    listing_text(listing, "id", row->id);
    listing_text(listing, "name", row->name);
    listing_int(listing, "members", row->members);
    listing_time(listing, "created", row->created_ms);
    listing_end_row_text(listing, row->id);
}

void admin_workspaces_get(struct exchange *exchange)
{
    struct listing listing;
    size_t limit;

    if (!params_limit(exchange, &limit))
        return;
    listing_init(&listing, exchange, "workspaces", limit);
    if (problems_directory_ok(exchange, directory_each_workspace(service_of(exchange)->directory,
                                                                 query_get(&exchange->query, "after", NULL), limit + 1,
                                                                 add_row, &listing)))
        listing_reply(&listing);
    else
        listing_fini(&listing);
}

static void reply_workspace(struct exchange *exchange, const char *workspace, int status)
{
    struct listing listing;

    listing_init_one(&listing, exchange);
    if (problems_directory_ok(exchange,
                              directory_get_workspace(service_of(exchange)->directory, workspace, add_row, &listing)))
        listing_reply_one(&listing, status);
    else
        listing_fini(&listing);
}

void admin_workspace_get(struct exchange *exchange)
{
    const char *workspace;

    if (params_known_workspace(exchange, 3, &workspace))
        reply_workspace(exchange, workspace, 200);
}

static void on_put_told(void *ctx)
{
    struct exchange *exchange = ctx;

    reply_workspace(exchange, exchange->workspace, exchange->status);
}

/* Its name is read with the members, as GET /v1/me tells it: a page that shows it asks again for both. */
static void put_workspace(struct exchange *exchange, const char *workspace, const char *name)
{
    struct service *service = service_of(exchange);
    bool renamed = false;
    enum directory_result result = directory_put_workspace(service->directory, workspace, name, &renamed);
    struct notice *notice;

    if (!problems_directory_ok(exchange, result))
        return;
    exchange->workspace = workspace;
    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    audit(exchange, "workspace.put", workspace, NULL);
    notice = notice_new(service, workspace);
    if (renamed)
        notice_add_roster(notice);
    notice_send(notice, on_put_told, exchange);
}

void admin_workspace_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char *workspace;
    const char *name;

    if (json && params_path_workspace(exchange, 3, &workspace) && params_name(exchange, json, &name))
        put_workspace(exchange, workspace, name);
    json_free(json);
}

static void on_dropped(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (problems_presence_finished(exchange, reply->result,
                                   "The workspace is deleted, but its presence could not be removed from Redis. Send "
                                   "the request again to complete it; /readyz says what is wrong."))
        exchange_reply(exchange, 204, NULL);
}

/* Already deleted: its presence is dropped anyway, so that repeating the request completes one that failed. */
void admin_workspace_delete(struct exchange *exchange)
{
    enum directory_result result;
    const char *workspace;

    if (!params_path_workspace(exchange, 3, &workspace))
        return;
    result = directory_delete_workspace(service_of(exchange)->directory, workspace);
    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result))
        return;
    audit(exchange, "workspace.delete", workspace, NULL);
    review_begin(service_of(exchange));
    presence_drop(service_of(exchange)->presence, workspace, NULL, on_dropped, exchange);
}
