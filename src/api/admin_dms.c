/* SPDX-License-Identifier: ISC */
/* /v1/admin/workspaces/{ws}/dms and .../dms/{id}: conversations as the administrator keeps them. */
#include "api/handlers.h"

#include "api/audit.h"
#include "api/dm_page.h"
#include "api/params.h"
#include "api/service.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;

    if (view)
        dm_page_reply(exchange, view, NULL);
    else
        params_presence_ok(exchange, PRESENCE_UNAVAILABLE);
}

void admin_dms_get(struct exchange *exchange)
{
    const char *workspace;

    if (!params_path_workspace(exchange, 3, &workspace))
        return;
    exchange->workspace = mem_text(workspace);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, exchange);
}

/* ---- telling participants ---- */

/* Whoever is or was in a conversation, to be told that it changed. */
struct audience {
    char **users; /* owned, each too */
    size_t count;
};

static void audience_add(void *ctx, const struct dm_row *row)
{
    struct audience *audience = ctx;

    for (size_t i = 0; i < row->participant_count; i++) {
        audience->users = mem_resize(audience->users, audience->count + 1, sizeof *audience->users);
        audience->users[audience->count++] = mem_text(row->participants[i].user);
    }
}

static void audience_fini(struct audience *audience)
{
    for (size_t i = 0; i < audience->count; i++)
        free(audience->users[i]);
    free(audience->users);
}

/* DONE gets EXCHANGE; may be NULL. */
static void audience_tell(const struct audience *audience, struct exchange *exchange, const char *workspace,
                          presence_reply_fn *done)
{
    if (audience->count == 0) {
        if (done)
            done(exchange, NULL);
        return;
    }
    presence_mark_dms(service_of(exchange)->presence, workspace, (const char *const *)audience->users, audience->count,
                      done, exchange);
}

/* ---- putting, removing ---- */

static void on_put_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;

    if (view)
        dm_page_reply_one(exchange, view, exchange->number, exchange->status);
    else
        params_presence_ok(exchange, PRESENCE_UNAVAILABLE);
}

static void reply_put(struct exchange *exchange, enum directory_result result, const char *invalid)
{
    if (result == DIRECTORY_INVALID && invalid) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" is not a member of this workspace.", invalid);
        return;
    }
    if (!params_directory_ok(exchange, result))
        return;
    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    audit(exchange, "dm.put", exchange->workspace, exchange->path.segment[5]);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_put_view, exchange);
}

static void put_dm(struct exchange *exchange, const char *const *users, size_t count, const char *name)
{
    struct directory *directory = service_of(exchange)->directory;
    struct audience audience = {0};
    size_t invalid = count;
    enum directory_result result;

    /* Who was in it before is told as well as who is in it now. */
    directory_get_dm(directory, exchange->workspace, exchange->number, audience_add, &audience);
    result = directory_put_dm(directory, exchange->workspace, exchange->number, users, count, name, &invalid);
    if (result == DIRECTORY_OK || result == DIRECTORY_CREATED) {
        directory_get_dm(directory, exchange->workspace, exchange->number, audience_add, &audience);
        audience_tell(&audience, exchange, exchange->workspace, NULL);
    }
    audience_fini(&audience);
    reply_put(exchange, result, invalid < count ? users[invalid] : NULL);
}

void admin_dm_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    const char **users = NULL;
    const char *workspace, *name;
    size_t count = 0;

    if (json && params_path_workspace(exchange, 3, &workspace) && params_path_number(exchange, 5, &exchange->number) &&
        params_name(exchange, json, &name) && params_users(exchange, json, "participants", &users, &count)) {
        exchange->workspace = mem_text(workspace);
        if (count >= 2 && count <= LIMIT_DM_PARTICIPANTS)
            put_dm(exchange, users, count, name);
        else
            exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"participants\" must be the ids of 2 to %d members.",
                             LIMIT_DM_PARTICIPANTS);
        free(users);
    }
    json_free(json);
}

/* The directory has done it; whether everyone could be told at once does not change that. */
static void on_told(void *ctx, const struct presence_reply *reply)
{
    struct exchange *exchange = ctx;

    (void)reply;
    exchange_reply(exchange, 204, NULL);
}

void admin_dm_delete(struct exchange *exchange)
{
    struct directory *directory = service_of(exchange)->directory;
    struct audience audience = {0};
    enum directory_result result;
    const char *workspace;
    int64_t id;

    if (!params_path_workspace(exchange, 3, &workspace) || !params_path_number(exchange, 5, &id))
        return;
    directory_get_dm(directory, workspace, id, audience_add, &audience);
    result = directory_delete_dm(directory, workspace, id);
    if (result == DIRECTORY_OK) {
        audit(exchange, "dm.delete", workspace, exchange->path.segment[5]);
        audience_tell(&audience, exchange, workspace, on_told);
    } else if (result == DIRECTORY_NOT_FOUND || params_directory_ok(exchange, result)) {
        exchange_reply(exchange, 204, NULL);
    }
    audience_fini(&audience);
}
