/* SPDX-License-Identifier: ISC */
/*
 * GET and POST /v1/workspaces/{ws}/dms: the caller's conversations with how each participant is, and opening one. What is
 * said in them is not ours to keep.
 */
#include "api/shared/handlers.h"

#include "api/shared/dm_page.h"
#include "api/shared/params.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory.h"

#include <stdlib.h>
#include <string.h>

static void on_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;

    if (view)
        dm_page_reply(exchange, view, exchange->caller.user);
    else
        params_presence_ok(exchange, PRESENCE_UNAVAILABLE);
}

void dms_get(struct exchange *exchange)
{
    exchange->workspace = mem_text(exchange->path.segment[2]);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, exchange);
}

/* ---- opening one ---- */

/* What a POST asks for; borrowed from its JSON but for the array. */
struct opening {
    const char **users; /* owned; the caller first */
    size_t count;
    const char *name; /* or NULL */
    char key[LIMIT_OPENING_KEY_BYTES + 1];
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts USERS and leaves each once, the caller not at all; the number left. */
static size_t others(const char **users, size_t count, const char *caller)
{
    size_t kept = 0;

    if (count > 0)
        qsort(users, count, sizeof *users, by_text);
    for (size_t i = 0; i < count; i++)
        if (strcmp(users[i], caller) != 0 && (kept == 0 || strcmp(users[kept - 1], users[i]) != 0))
            users[kept++] = users[i];
    return kept;
}

/* Visible, and no quote or backslash, which would stand for another text. */
static bool key_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
            return false;
    return true;
}

/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a string in quotes (RFC 8941, 3.3.3); the same without them
 * is taken too. "" if there is not one.
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
                     "Idempotency-Key must be a string of 1 to %d visible ASCII characters in quotes, such as a UUID.",
                     LIMIT_OPENING_KEY_BYTES);
    return false;
}

static bool read_opening(struct exchange *exchange, const struct json *json, struct opening *opening)
{
    const char **users;
    size_t count;

    if (!read_key(exchange, opening->key) || !params_name(exchange, json, &opening->name) ||
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
    opening->users = mem_resize(users, count + 1, sizeof *users);
    memmove(opening->users + 1, opening->users, count * sizeof *opening->users);
    opening->users[0] = exchange->caller.user;
    opening->count = count + 1;
    return true;
}

static void on_opened_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;

    if (view)
        dm_page_reply_one(exchange, view, exchange->number, exchange->status);
    else
        params_presence_ok(exchange, PRESENCE_UNAVAILABLE);
}

static void on_told(void *ctx)
{
    struct exchange *exchange = ctx;

    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_opened_view, exchange);
}

/* Each participant reads their conversations again. */
static void tell(struct exchange *exchange, const struct opening *opening)
{
    struct notice *notice = notice_new(service_of(exchange), exchange->workspace);

    service_charge(exchange, COST_SEAT, opening->count);
    for (size_t i = 0; i < opening->count; i++)
        notice_add_user(notice, opening->users[i]);
    notice_send(notice, on_told, exchange);
}

/* CROWDED is who is in too many of the caller's recent groups, or NULL. */
static void refuse_more(struct exchange *exchange, const char *crowded)
{
    if (crowded)
        exchange_problem(
            exchange, PROBLEM_CONFLICT,
            "You have opened %d groups with \"%s\" in %d days, as many as one may. Use one of them, or write to them alone.",
            LIMIT_GROUPS_WITH_ONE, crowded, LIMIT_GROUPS_WITH_ONE_DAYS);
    else
        exchange_problem(exchange, PROBLEM_CONFLICT,
                         "You may open %d conversations in a workspace, and groups of %d participants all together.",
                         LIMIT_DMS_PER_USER, LIMIT_SEATS_PER_OPENER);
}

/* Whether a group that is there was opened by this key: the worker that did so may have ended before it told anyone. */
static bool came_again(const struct dm_opening *opening)
{
    return opening->key && (opening->count > 2 || opening->name);
}

static void open_dm(struct exchange *exchange, const struct opening *opening)
{
    size_t invalid = 0;
    const struct dm_opening wanted = {opening->users, opening->count, opening->name,
                                      opening->key[0] ? opening->key : NULL};
    enum directory_result result = directory_open_dm_once(service_of(exchange)->directory, exchange->path.segment[2],
                                                          &wanted, &exchange->number, &invalid);

    exchange->workspace = mem_text(exchange->path.segment[2]);
    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    if (result == DIRECTORY_CREATED || (result == DIRECTORY_OK && came_again(&wanted))) {
        tell(exchange, opening);
        return;
    }
    switch (result) {
    case DIRECTORY_OK: on_told(exchange); break; /* when it was opened */
    case DIRECTORY_INVALID:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" is not a member of this workspace.",
                         opening->users[invalid]);
        break;
    case DIRECTORY_LIMIT: refuse_more(exchange, invalid < opening->count ? opening->users[invalid] : NULL); break;
    default: params_directory_ok(exchange, result);
    }
}

void dms_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct opening opening = {0};

    if (json && read_opening(exchange, json, &opening)) {
        /* What it takes is known once it is done: one that is there already takes nothing. */
        if (service_spend(exchange, COST_SEAT, 0))
            open_dm(exchange, &opening);
        free(opening.users);
    }
    json_free(json);
}
