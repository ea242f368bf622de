/* SPDX-License-Identifier: ISC */
/* /v1/admin/workspaces/{ws}/dms and .../dms/{id}: listing, putting and deleting conversations. */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/dm_leavers.h"
#include "api/shared/dm_page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/dms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void admin_dms_get(struct exchange *exchange)
{
    if (params_known_workspace(exchange, 3, &exchange->workspace))
        dm_page_reply(exchange);
}

/* ---- putting ---- */

/* What a PUT asks for; borrowed from its JSON. */
struct dm_request {
    int64_t id;
    const char **users;
    size_t count;
    const char *name; /* or NULL */
    bool unchanged;   /* the conversation is like this already */
};

static bool takes_part(const struct dm_row *row, const char *user)
{
    for (size_t i = 0; i < row->participant_count; i++)
        if (strcmp(row->participants[i].user, user) == 0)
            return true;
    return false;
}

static void compare(void *ctx, const struct dm_row *row)
{
    struct dm_request *request = ctx;

    request->unchanged = row->group && row->participant_count == request->count && !row->name == !request->name &&
                         (!row->name || strcmp(row->name, request->name) == 0);
    for (size_t i = 0; request->unchanged && i < request->count; i++)
        request->unchanged = takes_part(row, request->users[i]);
}

/* Whether REQUEST names its I-th user before. */
static bool is_double(const struct dm_request *request, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(request->users[k], request->users[i]) == 0)
            return true;
    return false;
}

/* INVALID is the index of the user whom the directory refuses, or the count if it refuses no single user. */
static bool put_ok(struct exchange *exchange, enum directory_result result, const struct dm_request *request,
                   size_t invalid)
{
    if (result != DIRECTORY_INVALID)
        return problems_directory_ok(exchange, result);
    if (invalid == request->count)
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "The id of a conversation is at most 4503599627370496.");
    else if (is_double(request, invalid))
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"participants\" names \"%s\" twice.",
                         request->users[invalid]);
    else
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" is not a member of this workspace.",
                         request->users[invalid]);
    return false;
}

/* A conversation while it is written. */
struct putting {
    struct exchange *exchange;
    struct json *json;         /* owned: has the texts of REQUEST */
    struct dm_request request; /* its array is owned */
    struct notice *notice;     /* owned until it is sent */
    struct dm_leavers *leavers;
    size_t invalid; /* set by the write */
};

/* If the conversation is like this already, nothing is written and nobody is woken. */
static enum directory_result write_dm(struct directory *directory, void *state)
{
    struct putting *self = state;
    struct dm_request *request = &self->request;
    const char *workspace = self->exchange->workspace;
    const struct dm_opening opening = {.users = {request->users, request->count}, .name = request->name};

    self->invalid = request->count;
    directory_get_dm(directory, workspace, request->id, compare, request);
    if (request->unchanged)
        return DIRECTORY_OK;
    directory_get_dm(directory, workspace, request->id, notice_add_participants, self->notice);
    for (size_t i = 0; i < request->count; i++)
        notice_add_user(self->notice, request->users[i]);
    return directory_put_dm(directory, workspace, request->id, &opening, &self->invalid);
}

/* Tells old and new participants. */
static void on_dm(void *state, enum directory_result result)
{
    struct putting *self = state;
    struct exchange *exchange = self->exchange;
    const struct dm_request *request = &self->request;

    dm_leavers_send(self->leavers);
    if (put_ok(exchange, result, request, self->invalid)) {
        exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
        audit(exchange, "dm.put", exchange->workspace, exchange->path.segment[5]);
        notice_send(self->notice, dm_page_reply_one, dm_page_prepare(exchange, request->id, !request->unchanged));
    } else {
        notice_free(self->notice);
    }
    free(request->users);
    json_free(self->json);
    free(self);
}

/* Takes over JSON and the array of REQUEST. */
static void put_dm(struct exchange *exchange, struct json *json, const struct dm_request *request)
{
    struct service *service = service_of(exchange);
    struct putting *self = mem_new(sizeof *self);

    self->exchange = exchange;
    self->json = json;
    self->request = *request;
    self->notice = notice_new(service, exchange->workspace);
    self->leavers = dm_leavers_new(service, exchange->workspace, request->id);
    write_start(service, write_dm, on_dm, self);
}

static bool read_request(struct exchange *exchange, const struct json *json, struct dm_request *request)
{
    if (!params_known_workspace(exchange, 3, &exchange->workspace) || !params_path_number(exchange, 5, &request->id) ||
        !params_name(exchange, json, &request->name) ||
        !params_users(exchange, json, "participants", &request->users, &request->count))
        return false;
    if (request->count >= 2 && request->count <= LIMIT_DM_PARTICIPANTS)
        return dm_page_may_write(exchange);
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"participants\" must be the ids of 2 to %d members.",
                     LIMIT_DM_PARTICIPANTS);
    return false;
}

void admin_dm_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct dm_request request = {0};

    if (json && read_request(exchange, json, &request)) {
        put_dm(exchange, json, &request);
        return;
    }
    free(request.users);
    json_free(json);
}

/* ---- deleting ---- */

static void on_deleted_told(void *ctx)
{
    exchange_reply(ctx, 204, NULL);
}

/* A conversation while it is deleted. */
struct deletion {
    struct exchange *exchange;
    int64_t id;
    struct notice *notice; /* owned until it is sent */
    struct dm_leavers *leavers;
};

static enum directory_result write_deletion(struct directory *directory, void *state)
{
    const struct deletion *self = state;

    directory_get_dm(directory, self->exchange->workspace, self->id, notice_add_participants, self->notice);
    return directory_delete_dm(directory, self->exchange->workspace, self->id);
}

static void on_deleted(void *state, enum directory_result result)
{
    struct deletion self = *(const struct deletion *)state;
    struct exchange *exchange = self.exchange;

    free(state);
    dm_leavers_send(self.leavers);
    if (result == DIRECTORY_OK) {
        audit(exchange, "dm.delete", exchange->workspace, exchange->path.segment[5]);
        notice_send(self.notice, on_deleted_told, exchange);
        return;
    }
    notice_free(self.notice);
    if (result == DIRECTORY_NOT_FOUND || problems_directory_ok(exchange, result))
        exchange_reply(exchange, 204, NULL);
}

void admin_dm_delete(struct exchange *exchange)
{
    struct service *service = service_of(exchange);
    int64_t id;

    if (!params_path_workspace(exchange, 3, &exchange->workspace) || !params_path_number(exchange, 5, &id))
        return;
    struct deletion *self = mem_new(sizeof *self);
    *self = (struct deletion){exchange, id, notice_new(service, exchange->workspace),
                              dm_leavers_new(service, exchange->workspace, id)};
    write_start(service, write_deletion, on_deleted, self);
}
