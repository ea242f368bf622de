/* SPDX-License-Identifier: ISC */
/* /v1/admin/workspaces/{ws}/dms and .../dms/{id}: conversations as the administrator keeps them. */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/dm_page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void admin_dms_get(struct exchange *exchange)
{
    if (params_known_workspace(exchange, 3, &exchange->workspace))
        dm_page_reply(exchange);
}

/* ---- putting, removing ---- */

/* A conversation as it is to be, and whether it is so already. */
struct wanted {
    int64_t id;
    const char *const *users;
    size_t count;
    const char *name; /* or NULL */
    bool is_so;
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
    struct wanted *wanted = ctx;

    wanted->is_so = row->group && row->participant_count == wanted->count && !row->name == !wanted->name &&
                    (!row->name || strcmp(row->name, wanted->name) == 0);
    for (size_t i = 0; wanted->is_so && i < wanted->count; i++)
        wanted->is_so = takes_part(row, wanted->users[i]);
}

/* Whether WANTED names the I-th user before. */
static bool is_double(const struct wanted *wanted, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(wanted->users[k], wanted->users[i]) == 0)
            return true;
    return false;
}

/* INVALID: whom the directory objects to; the count for nobody. */
static bool put_ok(struct exchange *exchange, enum directory_result result, const struct wanted *wanted, size_t invalid)
{
    if (result != DIRECTORY_INVALID)
        return problems_directory_ok(exchange, result);
    if (invalid == wanted->count)
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "The id of a conversation is at most 4503599627370496.");
    else if (is_double(wanted, invalid))
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"participants\" names \"%s\" twice.", wanted->users[invalid]);
    else
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" is not a member of this workspace.",
                         wanted->users[invalid]);
    return false;
}

/* Who was in it before is told as well as who is in it now. What is as wanted already is left alone, and wakes nobody. */
static void put_dm(struct exchange *exchange, struct wanted *wanted)
{
    struct service *service = service_of(exchange);
    struct directory *directory = service->directory;
    struct notice *notice = notice_new(service, exchange->workspace);
    enum directory_result result = DIRECTORY_OK;
    size_t invalid = wanted->count;

    directory_get_dm(directory, exchange->workspace, wanted->id, compare, wanted);
    if (!wanted->is_so) {
        directory_get_dm(directory, exchange->workspace, wanted->id, notice_add_participants, notice);
        result = directory_put_dm(directory, exchange->workspace, wanted->id, wanted->users, wanted->count,
                                  wanted->name, &invalid);
        for (size_t i = 0; i < wanted->count; i++)
            notice_add_user(notice, wanted->users[i]);
    }
    if (!put_ok(exchange, result, wanted, invalid)) {
        notice_free(notice);
        return;
    }
    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    audit(exchange, "dm.put", exchange->workspace, exchange->path.segment[5]);
    notice_send(notice, dm_page_reply_one, dm_page_prepare(exchange, wanted->id));
}

void admin_dm_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct wanted wanted = {0};
    const char **users = NULL;

    if (json && params_known_workspace(exchange, 3, &exchange->workspace) &&
        params_path_number(exchange, 5, &wanted.id) && params_name(exchange, json, &wanted.name) &&
        params_users(exchange, json, "participants", &users, &wanted.count)) {
        wanted.users = users;
        if (wanted.count >= 2 && wanted.count <= LIMIT_DM_PARTICIPANTS)
            put_dm(exchange, &wanted);
        else
            exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"participants\" must be the ids of 2 to %d members.",
                             LIMIT_DM_PARTICIPANTS);
        free(users);
    }
    json_free(json);
}

static void on_deleted_told(void *ctx)
{
    exchange_reply(ctx, 204, NULL);
}

void admin_dm_delete(struct exchange *exchange)
{
    struct service *service = service_of(exchange);
    enum directory_result result;
    struct notice *notice;
    const char *workspace;
    int64_t id;

    if (!params_path_workspace(exchange, 3, &workspace) || !params_path_number(exchange, 5, &id))
        return;
    notice = notice_new(service, workspace);
    directory_get_dm(service->directory, workspace, id, notice_add_participants, notice);
    result = directory_delete_dm(service->directory, workspace, id);
    if (result == DIRECTORY_OK) {
        audit(exchange, "dm.delete", workspace, exchange->path.segment[5]);
        notice_send(notice, on_deleted_told, exchange);
        return;
    }
    notice_free(notice);
    if (result == DIRECTORY_NOT_FOUND || problems_directory_ok(exchange, result))
        exchange_reply(exchange, 204, NULL);
}
