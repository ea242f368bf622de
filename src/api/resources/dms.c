/* SPDX-License-Identifier: ISC */
/*
 * GET and POST /v1/workspaces/{ws}/dms: the caller's conversations with each participant's status, and opening one.
 * Rollcall stores no messages.
 */
#include "api/shared/handlers.h"

#include "api/shared/dm_page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "api/shared/users.h"
#include "api/shared/write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/dms.h"

#include <stdlib.h>
#include <string.h>

void dms_get(struct exchange *exchange)
{
    exchange->user = exchange->caller.user;
    dm_page_reply(exchange);
}

/* ---- opening one ---- */

/* The conversation that a POST asks for; borrowed from its JSON but for the array. */
struct dm_request {
    const char **users; /* owned; the caller first */
    size_t count;
    const char *name; /* or NULL */
    char key[LIMIT_OPENING_KEY_BYTES + 1];
};

/* Sorts USERS, and drops duplicates and the caller. Returns how many are left. */
static size_t others(const char **users, size_t count, const char *caller)
{
    size_t unique = users_sort_unique(users, count);
    size_t kept = 0;

    for (size_t i = 0; i < unique; i++)
        if (strcmp(users[i], caller) != 0)
            users[kept++] = users[i];
    return kept;
}

/* Visible characters, without quotes and backslashes, which would mean another text. */
static bool key_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
            return false;
    return true;
}

/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a string in quotes (RFC 8941, 3.3.3); the same without
 * them is accepted too. KEY is "" without one.
 */
static bool read_key(struct exchange *exchange, char *key)
{
    const char *text = exchange_header(exchange, "HTTP_IDEMPOTENCY_KEY");
    size_t len = text ? strlen(text) : 0;
    bool quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';

    *key = '\0';
    if (!text)
        return true;
    text += quoted;
    len -= quoted ? 2 : 0;
    if (len >= 1 && len <= LIMIT_OPENING_KEY_BYTES && key_ok(text, len)) {
        memcpy(key, text, len);
        key[len] = '\0';
        return true;
    }
    exchange_problem(exchange, PROBLEM_BAD_REQUEST,
                     "Invalid Idempotency-Key: it must be 1 to %d visible ASCII characters in quotes, such as a UUID.",
                     LIMIT_OPENING_KEY_BYTES);
    return false;
}

static bool read_request(struct exchange *exchange, const struct json *json, struct dm_request *request)
{
    const char **users;
    size_t count;

    if (!read_key(exchange, request->key) || !params_name(exchange, json, &request->name) ||
        !params_users(exchange, json, "participants", &users, &count))
        return false;
    count = others(users, count, exchange->caller.user);
    if (count < 1 || count >= LIMIT_DM_PARTICIPANTS) {
        free(users);
        exchange_problem(exchange, PROBLEM_BAD_REQUEST,
                         "\"participants\" must be the ids of 1 to %d members besides yourself.",
                         LIMIT_DM_PARTICIPANTS - 1);
        return false;
    }
    request->users = mem_resize(users, count + 1, sizeof *users);
    memmove(request->users + 1, request->users, count * sizeof *request->users);
    request->users[0] = exchange->caller.user;
    request->count = count + 1;
    return true;
}

/* Has every participant read their conversations again, and replies then. */
static void tell(struct exchange *exchange, const struct dm_request *request, struct dm_reply *reply)
{
    struct notice *notice = notice_new(service_of(exchange), exchange->workspace);

    spend_anyway(exchange, COST_SEAT, request->count);
    for (size_t i = 0; i < request->count; i++)
        notice_add_user(notice, request->users[i]);
    notice_send(notice, dm_page_reply_one, reply);
}

/* CROWDED is a user who is in too many of the caller's recent groups, or NULL. */
static void refuse_more(struct exchange *exchange, const char *crowded)
{
    if (crowded)
        exchange_problem(exchange, PROBLEM_CONFLICT,
                         "You have opened %d groups with \"%s\" in %d days, which is the limit. Use one of them, or "
                         "write to that user alone.",
                         LIMIT_GROUPS_WITH_ONE, crowded, LIMIT_GROUPS_WITH_ONE_DAYS);
    else
        exchange_problem(
            exchange, PROBLEM_CONFLICT,
            "You may open %d conversations in a workspace, and groups with %d participants in all. Use one "
            "that exists.",
            LIMIT_DMS_PER_USER, LIMIT_SEATS_PER_OPENER);
}

/* Whether an existing group was opened by this key: the worker that opened it may have ended before it told anyone. */
static bool came_again(const struct dm_opening *opening)
{
    return opening->key && (opening->users.count > 2 || opening->name);
}

/* A conversation while it is opened. */
struct opening {
    struct exchange *exchange;
    struct json *json;         /* owned: has the texts of REQUEST */
    struct dm_request request; /* its array is owned */
    int64_t id;                /* set by the write, as the next */
    size_t invalid;
};

static struct dm_opening opening_of(const struct dm_request *request)
{
    return (struct dm_opening){{request->users, request->count}, request->name, request->key[0] ? request->key : NULL};
}

static enum directory_result write_dm(struct directory *directory, void *state)
{
    struct opening *self = state;
    const struct dm_opening opening = opening_of(&self->request);

    return directory_open_dm(directory, self->exchange->workspace, &opening, &self->id, &self->invalid);
}

static void reply_with_existing(const struct opening *self)
{
    const struct dm_opening opening = opening_of(&self->request);

    if (came_again(&opening))
        tell(self->exchange, &self->request, dm_page_prepare(self->exchange, self->id, true));
    else
        dm_page_reply_one(dm_page_prepare(self->exchange, self->id, false));
}

static void reply_opened(const struct opening *self, enum directory_result result)
{
    struct exchange *exchange = self->exchange;
    const struct dm_request *request = &self->request;

    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    switch (result) {
    case DIRECTORY_CREATED: tell(exchange, request, dm_page_prepare(exchange, self->id, true)); break;
    case DIRECTORY_OK: reply_with_existing(self); break;
    case DIRECTORY_INVALID:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" is not a member of this workspace.",
                         request->users[self->invalid]);
        break;
    case DIRECTORY_LIMIT:
        refuse_more(exchange, self->invalid < request->count ? request->users[self->invalid] : NULL);
        break;
    default: problems_directory_ok(exchange, result);
    }
}

static void on_opened(void *state, enum directory_result result)
{
    struct opening *self = state;

    reply_opened(self, result);
    free(self->request.users);
    json_free(self->json);
    free(self);
}

void dms_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct dm_request request = {0};

    /* Only the directory knows what it costs: opening one that exists is free. */
    if (!json || !read_request(exchange, json, &request) || !spend_or_refuse(exchange, COST_SEAT, 0) ||
        !dm_page_may_write(exchange)) {
        free(request.users);
        json_free(json);
        return;
    }
    struct opening *self = mem_new(sizeof *self);
    self->exchange = exchange;
    self->json = json;
    self->request = request;
    write_start(service_of(exchange), write_dm, on_opened, self);
}
