/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces and /v1/admin/workspaces/{ws}: creating, naming, listing and deleting workspaces, and what each
 * lets its members hide and say.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/review.h"
#include "api/shared/service.h"
#include "api/shared/settings_body.h"
#include "api/shared/write.h"
#include "base/mem.h"
#include "directory/policies.h"
#include "directory/workspaces.h"
#include "presence/presence.h"

#include <stdlib.h>

static void add_fields(struct listing *listing, const struct workspace_row *row)
{
    listing_text(listing, "id", row->id);
    listing_text(listing, "name", row->name);
    listing_int(listing, "members", row->members);
    listing_time(listing, "created", row->created_ms);
}

static void add_row(void *ctx, const struct workspace_row *row)
{
    struct listing *listing = ctx;

    if (!listing_row(listing))
        return;
    add_fields(listing, row);
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

/* One workspace with its policy. */
struct workspace_answer {
    struct listing listing;
    struct status_policy policy;
};

static void add_with_policy(void *ctx, const struct workspace_row *row)
{
    struct workspace_answer *self = ctx;
    struct listing *listing = &self->listing;

    listing_row(listing);
    add_fields(listing, row);
    listing_text(listing, "invisible", invisible_policy_name(self->policy.invisible));
    listing_bool(listing, "messages", self->policy.messages);
    listing_text(listing, "last_seen", last_seen_name(self->policy.last_seen));
    listing_end_row_text(listing, row->id);
}

static void reply_workspace(struct exchange *exchange, const char *workspace, int status)
{
    struct directory *directory = service_of(exchange)->directory;
    struct workspace_answer answer;
    enum directory_result result;

    listing_init_one(&answer.listing, exchange);
    result = directory_get_policy(directory, workspace, &answer.policy);
    if (result == DIRECTORY_OK)
        result = directory_get_workspace(directory, workspace, add_with_policy, &answer);
    if (problems_directory_ok(exchange, result))
        listing_reply_one(&answer.listing, status);
    else
        listing_fini(&answer.listing);
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

/* What a PUT says of a workspace; its texts are borrowed from its JSON. */
struct workspace_body {
    const char *name; /* or NULL */
    enum invisible_policy invisible;
    bool messages;
    enum last_seen last_seen;
    struct policy_edit policy; /* of the three, those that are said */
};

static bool read_invisible(struct exchange *exchange, const struct json *json, struct workspace_body *out)
{
    const char *name = NULL;
    size_t len;
    enum json_got got = json_text(json, "invisible", &name, &len);

    if (got == JSON_ABSENT)
        return true;
    out->policy.invisible = &out->invisible;
    if (got == JSON_GOT && invisible_policy_parse(name, &out->invisible))
        return true;
    return exchange_refuse(exchange, "\"invisible\" must be \"allowed\", \"forbidden\" or \"default\".");
}

static bool read_messages(struct exchange *exchange, const struct json *json, struct workspace_body *out)
{
    switch (json_bool(json, "messages", &out->messages)) {
    case JSON_ABSENT: return true;
    case JSON_GOT: out->policy.messages = &out->messages; return true;
    case JSON_WRONG_TYPE: break;
    }
    return exchange_refuse(exchange, "\"messages\" must be true or false.");
}

static bool read_last_seen(struct exchange *exchange, const struct json *json, struct workspace_body *out)
{
    bool is_said;

    if (!settings_body_last_seen(exchange, json, &out->last_seen, &is_said))
        return false;
    if (is_said)
        out->policy.last_seen = &out->last_seen;
    return true;
}

static bool read_body(struct exchange *exchange, const struct json *json, struct workspace_body *out)
{
    *out = (struct workspace_body){0};
    return params_name(exchange, json, &out->name) && read_invisible(exchange, json, out) &&
           read_messages(exchange, json, out) && read_last_seen(exchange, json, out);
}

/* A workspace while it is written. */
struct putting {
    struct exchange *exchange;
    struct json *json; /* owned: has BODY's name */
    struct workspace_body body;
    bool renamed; /* set by the write, as the rest */
    struct policy_change changed;
    enum directory_result put, policy;
};

static bool says_policy(const struct policy_edit *edit)
{
    return edit->invisible || edit->messages || edit->last_seen;
}

static enum directory_result write_workspace(struct directory *directory, void *state)
{
    struct putting *self = state;
    const char *workspace = self->exchange->workspace;

    self->put = directory_put_workspace(directory, workspace, self->body.name, &self->renamed);
    self->policy = DIRECTORY_OK;
    if (self->put <= DIRECTORY_CREATED && says_policy(&self->body.policy))
        self->policy = directory_put_policy(directory, workspace, &self->body.policy, &self->changed);
    return self->put;
}

/*
 * Its name is read with the members, as GET /v1/me tells it: a page that shows it asks again for both when the roster
 * has changed. That is told even if the policy could not be stored. Workers look at last_seen again then.
 */
static void tell_of_workspace(const struct putting *self)
{
    struct exchange *exchange = self->exchange;
    struct service *service = service_of(exchange);
    struct notice *notice = notice_new(service, exchange->workspace);

    if (self->renamed || self->changed.last_seen)
        notice_add_roster(notice);
    if (problems_directory_ok(exchange, self->policy)) {
        if (self->changed.rows)
            presence_say_all(service->presence, exchange->workspace);
        notice_send(notice, on_put_told, exchange);
    } else {
        notice_send(notice, NULL, NULL);
    }
}

static void on_put(void *state, enum directory_result result)
{
    struct putting *self = state;
    struct exchange *exchange = self->exchange;

    if (problems_directory_ok(exchange, result)) {
        exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
        audit(exchange, "workspace.put", exchange->workspace, NULL);
        tell_of_workspace(self);
    }
    json_free(self->json);
    free(self);
}

/* The pointers of its policy are into SELF->body. */
static void take_body(struct putting *self, const struct workspace_body *body)
{
    self->body = *body;
    self->body.policy = (struct policy_edit){
        .invisible = body->policy.invisible ? &self->body.invisible : NULL,
        .messages = body->policy.messages ? &self->body.messages : NULL,
        .last_seen = body->policy.last_seen ? &self->body.last_seen : NULL,
    };
}

void admin_workspace_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct workspace_body body;

    if (!json || !params_path_workspace(exchange, 3, &exchange->workspace) || !read_body(exchange, json, &body)) {
        json_free(json);
        return;
    }
    struct putting *self = mem_new(sizeof *self);
    self->exchange = exchange;
    self->json = json;
    take_body(self, &body);
    write_start(service_of(exchange), write_workspace, on_put, self);
}

static void on_dropped(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    if (problems_presence_finished(exchange, reply->result,
                                   "The workspace is deleted, but its presence could not be removed from Redis. Send "
                                   "the request again to complete it; /readyz says what is wrong."))
        exchange_reply(exchange, 204, NULL);
}

static enum directory_result write_deletion(struct directory *directory, void *state)
{
    const struct exchange *exchange = state;

    return directory_delete_workspace(directory, exchange->workspace);
}

/* Already deleted: its presence is dropped anyway, so that repeating the request completes one that failed. */
static void on_deleted(void *state, enum directory_result result)
{
    struct exchange *exchange = state;

    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result))
        return;
    audit(exchange, "workspace.delete", exchange->workspace, NULL);
    review_begin(service_of(exchange));
    presence_drop(service_of(exchange)->presence, exchange->workspace, NULL, on_dropped, exchange);
}

void admin_workspace_delete(struct exchange *exchange)
{
    if (params_path_workspace(exchange, 3, &exchange->workspace))
        write_start(service_of(exchange), write_deletion, on_deleted, exchange);
}
