/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/members and .../members/{user}, or .../member?user=, which takes any id: listing and
 * exporting members, adding, changing and removing one. Imports are in admin_import.c.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/members.h"

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
    listing_end_row_text(listing, row->user);
}

/* Replies with the members after AFTER in LISTING, which it finishes. */
static void reply_members(struct listing *listing, const char *workspace, const char *after)
{
    struct exchange *exchange = listing->exchange;
    const struct member_range range = {workspace, after, listing->page.limit + 1};
    enum directory_result result = directory_each_member(service_of(exchange)->directory, &range, add_row, listing);

    if (problems_directory_ok(exchange, result))
        listing_reply(listing);
    else
        listing_fini(listing);
}

/* As an import takes them, an object on each line, and many more on a page. */
static void export_members(struct exchange *exchange, const char *workspace)
{
    const struct params_range limits = {1, LIMIT_EXPORT_MEMBERS, LIMIT_EXPORT_MEMBERS};
    struct listing listing;
    const char *after;
    int64_t limit;

    if (!params_number(exchange, "limit", &limits, &limit) || !params_after(exchange, &after))
        return;
    listing_init_ndjson(&listing, exchange, (size_t)limit);
    reply_members(&listing, workspace, after);
}

static void list_members(struct exchange *exchange, const char *workspace)
{
    struct listing listing;
    const char *after;
    size_t limit;

    if (!params_limit(exchange, &limit) || !params_after(exchange, &after))
        return;
    listing_init(&listing, exchange, "members", limit);
    reply_members(&listing, workspace, after);
}

void admin_members_get(struct exchange *exchange)
{
    const char *accept = exchange_header(exchange, "HTTP_ACCEPT");
    const char *workspace;

    if (!params_known_workspace(exchange, 3, &workspace))
        return;
    if (accept && strstr(accept, "application/x-ndjson"))
        export_members(exchange, workspace);
    else
        list_members(exchange, workspace);
}

static void reply_member(struct exchange *exchange, const char *workspace, const char *user, int status)
{
    struct listing listing;
    enum directory_result result;

    listing_init_one(&listing, exchange);
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

/* A member who is put. The texts of EDIT are the exchange's and the JSON's. */
struct putting {
    struct exchange *exchange;
    struct json *json; /* owned */
    struct member_edit edit;
    enum member_change changed; /* set by the write */
};

static enum directory_result write_member(struct directory *directory, void *state)
{
    struct putting *self = state;

    return directory_put_member(directory, self->exchange->workspace, &self->edit, &self->changed);
}

static void tell_of_member(struct exchange *exchange, enum member_change changed)
{
    struct notice *notice = notice_new(service_of(exchange), exchange->workspace);

    if (changed != MEMBER_SAME)
        notice_add_roster(notice);
    if (changed == MEMBER_RENAMED)
        notice_add_partners(notice, &exchange->user, 1);
    notice_send(notice, on_put_told, exchange);
}

static void on_member(void *state, enum directory_result result)
{
    struct putting *self = state;
    struct exchange *exchange = self->exchange;

    if (problems_workspace_ok(exchange, exchange->workspace, result)) {
        exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
        audit(exchange, "member.put", exchange->workspace, exchange->user);
        tell_of_member(exchange, self->changed);
    }
    json_free(self->json);
    free(self);
}

void admin_member_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char *workspace, *user, *name, *role;

    if (!json || !params_path_workspace(exchange, 3, &workspace) || !params_user(exchange, 5, &user) ||
        !params_name(exchange, json, &name) || !params_role(exchange, json, &role)) {
        json_free(json);
        return;
    }
    exchange->workspace = workspace;
    exchange->user = user;
    struct putting *self = mem_new(sizeof *self);
    *self = (struct putting){exchange, json, {user, name, role}, MEMBER_SAME};
    write_start(service_of(exchange), write_member, on_member, self);
}

/* ---- removing ---- */

/* A removal, while it is written and while Redis is told of it. Workspace and user are the exchange's. */
struct removal {
    struct exchange *exchange;
    struct notice *notice; /* owned until it is sent */
};

static void on_removal_told(void *ctx)
{
    exchange_reply(ctx, 204, NULL);
}

/* The others are told even if the sessions could not be ended: the member is gone from the directory. */
static void on_evicted(void *ctx, const struct presence_reply *reply)
{
    struct removal *self = ctx;
    bool ok = problems_presence_finished(
        self->exchange, reply->result,
        "The member is removed, but their sessions could not be ended in Redis. Send the request again to complete it; "
        "/readyz says what is wrong.");

    notice_send(self->notice, ok ? on_removal_told : NULL, self->exchange);
    free(self);
}

static enum directory_result write_removal(struct directory *directory, void *state)
{
    struct removal *self = state;

    return directory_delete_member(directory, self->exchange->workspace, self->exchange->user, notice_add_user,
                                   self->notice);
}

/* Ends the sessions even if there was no such member, so that repeating the request completes one that failed. */
static void on_removed(void *state, enum directory_result result)
{
    struct removal *self = state;
    struct exchange *exchange = self->exchange;

    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result)) {
        notice_free(self->notice);
        free(self);
        return;
    }
    if (result == DIRECTORY_OK)
        notice_add_roster(self->notice);
    audit(exchange, "member.delete", exchange->workspace, exchange->user);
    presence_evict(service_of(exchange)->presence, exchange->workspace, exchange->user, on_evicted, self);
}

void admin_member_delete(struct exchange *exchange)
{
    struct service *service = service_of(exchange);

    if (!params_known_workspace(exchange, 3, &exchange->workspace) || !params_user(exchange, 5, &exchange->user))
        return;
    struct removal *removal = mem_new(sizeof *removal);
    *removal = (struct removal){exchange, notice_new(service, exchange->workspace)};
    write_start(service, write_removal, on_removed, removal);
}
