/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/members and .../members/{user}, or .../member?user=, which takes any id: who belongs where.
 * Imports are in admin_import.c.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "base/mem.h"

#include <stdlib.h>
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

    if (!params_known_workspace(exchange, 3, &workspace))
        return;
    if (wants_export(exchange)) {
        admin_members_export(exchange);
        return;
    }
    if (!params_limit(exchange, &limit) || !params_after(exchange, &after))
        return;
    listing_init(&listing, exchange, "members", limit);
    if (problems_directory_ok(exchange, directory_each_member(service_of(exchange)->directory, workspace, after,
                                                              limit + 1, add_row, &listing)))
        listing_reply(&listing);
    else
        listing_fini(&listing);
}

static void reply_member(struct exchange *exchange, const char *workspace, const char *user, int status)
{
    struct listing listing;
    enum directory_result result;

    listing_init(&listing, exchange, NULL, 1);
    result = directory_get_member(service_of(exchange)->directory, workspace, user, add_row, &listing);
    if (result == DIRECTORY_OK) {
        listing_reply_one(&listing, status);
        return;
    }
    listing_fini(&listing);
    if (result == DIRECTORY_NOT_FOUND)
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "\"%s\" is not a member of \"%s\".", user, workspace);
    else
        problems_directory_ok(exchange, result);
}

void admin_member_get(struct exchange *exchange)
{
    const char *workspace;
    const char *user;

    if (params_known_workspace(exchange, 3, &workspace) && params_user(exchange, 5, &user))
        reply_member(exchange, workspace, user, 200);
}

/* ---- adding, changing ---- */

static void on_put_told(void *ctx)
{
    struct exchange *exchange = ctx;

    reply_member(exchange, exchange->workspace, exchange->user, exchange->status);
}

static void put_member(struct exchange *exchange, const char *name, const char *role)
{
    struct service *service = service_of(exchange);
    const char *user = exchange->user;
    enum member_change changed = MEMBER_SAME;
    enum directory_result result =
        directory_put_member(service->directory, exchange->workspace, user, name, role, &changed);
    struct notice *notice;

    if (!problems_directory_ok(exchange, result))
        return;
    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    audit(exchange, "member.put", exchange->workspace, user);
    notice = notice_new(service, exchange->workspace);
    if (changed != MEMBER_SAME)
        notice_add_roster(notice);
    if (changed == MEMBER_RENAMED)
        notice_add_partners(notice, &user, 1);
    notice_send(notice, on_put_told, exchange);
}

void admin_member_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char *workspace, *user, *name, *role;

    if (json && params_known_workspace(exchange, 3, &workspace) && params_user(exchange, 5, &user) &&
        params_name(exchange, json, &name) && params_role(exchange, json, &role)) {
        exchange->workspace = workspace;
        exchange->user = user;
        put_member(exchange, name, role);
    }
    json_free(json);
}

/* ---- removing ---- */

/* A removal while Redis is told of it. */
struct removal {
    struct exchange *exchange;
    struct notice *notice; /* owned until it is sent */
};

static void on_removal_told(void *ctx)
{
    exchange_reply(ctx, 204, NULL);
}

/* The others are told whether or not the sessions could be ended: the directory has done its part. */
static void on_evicted(void *ctx, const struct presence_reply *reply)
{
    struct removal *self = ctx;
    bool ok = problems_presence_ok(self->exchange, reply->result);

    notice_send(self->notice, ok ? on_removal_told : NULL, self->exchange);
    free(self);
}

/* Presence follows even where the directory had no such member: asking again mends what a failure left. */
void admin_member_delete(struct exchange *exchange)
{
    struct service *service = service_of(exchange);
    enum directory_result result;
    const char *workspace, *user;
    struct removal *removal;
    struct notice *notice;

    if (!params_known_workspace(exchange, 3, &workspace) || !params_user(exchange, 5, &user))
        return;
    notice = notice_new(service, workspace);
    result = directory_delete_member(service->directory, workspace, user, notice_add_user, notice);
    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result)) {
        notice_free(notice);
        return;
    }
    if (result == DIRECTORY_OK)
        notice_add_roster(notice);
    audit(exchange, "member.delete", workspace, user);
    removal = mem_new(sizeof *removal);
    *removal = (struct removal){exchange, notice};
    presence_evict(service->presence, workspace, user, on_evicted, removal);
}
