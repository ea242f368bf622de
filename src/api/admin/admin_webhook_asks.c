/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/admin/webhooks/{id}/test and /replay: what is asked of the process that delivers. It does so soon, wherever
 * it runs, so the answer is 202.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/webhook_body.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/workspaces.h"
#include "presence/hook_calls.h"

#include <string.h>

/* ---- the webhook ---- */

/* What counts of it here. */
struct asked_webhook {
    const char *id;
    bool active;
    char workspace[IDS_WORKSPACE_MAX + 1]; /* "": it is told of all of them */
};

static void note_webhook(void *ctx, const struct webhook *webhook)
{
    struct asked_webhook *self = ctx;

    self->active = webhook->active;
    if (webhook->workspace)
        strcpy(self->workspace, webhook->workspace); /* the directory hands out no longer id */
}

/* Nothing is sent to an inactive webhook, so nothing may be asked for it. */
static bool read_webhook(struct exchange *exchange, struct asked_webhook *out)
{
    *out = (struct asked_webhook){0};
    if (!webhook_path_id(exchange, &out->id) ||
        !webhook_ok(exchange, directory_get_webhook(service_of(exchange)->directory, out->id, note_webhook, out)))
        return false;
    if (out->active)
        return true;
    exchange_problem(exchange, PROBLEM_CONFLICT,
                     "Webhook \"%s\" is inactive, so nothing is sent. PUT it with \"active\": true first.", out->id);
    return false;
}

/* What is asked, until Redis has it. */
struct webhook_ask {
    struct exchange *exchange; /* borrowed: owns this */
    const char *action;        /* as the log calls it */
    char workspace[IDS_WORKSPACE_MAX + 1];
};

/* About WORKSPACE, which may be NULL. */
static struct webhook_ask *ask_new(struct exchange *exchange, const char *action, const char *workspace)
{
    struct webhook_ask *self = mem_new(sizeof *self);

    self->exchange = exchange;
    self->action = action;
    if (workspace)
        strcpy(self->workspace, workspace); /* an id that was checked */
    exchange_keep(exchange, self, NULL);
    return self;
}

static void on_asked(void *ctx, const struct presence_reply *reply)
{
    const struct webhook_ask *self = ctx;
    struct exchange *exchange = self->exchange;

    if (reply->result == PRESENCE_OK)
        audit(exchange, self->action, *self->workspace ? self->workspace : NULL, exchange->path.segment[3]);
    if (reply->result == PRESENCE_FULL)
        exchange_problem(exchange, PROBLEM_RATE_LIMITED,
                         "Too many tests and replays of webhooks are waiting. Try again later.");
    else if (problems_presence_ok(exchange, reply->result))
        exchange_reply(exchange, 202, NULL);
}

/* ---- a test ---- */

void admin_webhook_test_post(struct exchange *exchange)
{
    struct asked_webhook webhook;

    if (!read_webhook(exchange, &webhook))
        return;
    presence_hook_test(service_of(exchange)->presence, webhook.id, on_asked, ask_new(exchange, "webhook.test", NULL));
}

/* ---- a replay ---- */

struct replay_request {
    struct exchange *exchange;
    struct asked_webhook webhook;
    const char *workspace;           /* borrowed from the body */
    char since[CURSOR_TEXT_MAX + 1]; /* "": from the beginning */
};

/* What is the reader's own in a cursor, or of a page, is left out. */
static bool read_since(struct replay_request *self, const struct json *json)
{
    struct cursor cursor;
    const char *text = NULL;
    size_t len = 0;

    switch (json_text(json, "since", &text, &len)) {
    case JSON_ABSENT: return true;
    case JSON_GOT:
        if (cursor_parse(text, len, &cursor))
            break;
    /* fallthrough */
    case JSON_WRONG_TYPE:
        return exchange_refuse(self->exchange,
                               "\"since\" must be a cursor that the webhook was told. Leave it out to be told of "
                               "everybody again.");
    }
    cursor.head = 0;
    cursor.own_rev = 0;
    cursor_format(&cursor, self->since);
    return true;
}

static bool read_workspace(struct replay_request *self, const struct json *json)
{
    size_t len = 0;
    enum json_got got = json_text(json, "workspace", &self->workspace, &len);

    if (got == JSON_WRONG_TYPE || (got == JSON_GOT && !ids_workspace_ok(self->workspace, len)))
        return exchange_refuse(self->exchange, "\"workspace\" must be a workspace's id.");
    return got == JSON_GOT ||
           exchange_refuse(self->exchange, "\"workspace\" is missing. Name the workspace to go back in.");
}

/* Whether the workspace exists, and the webhook is told of it. */
static bool is_told_of(const struct replay_request *self)
{
    struct exchange *exchange = self->exchange;
    const struct asked_webhook *webhook = &self->webhook;
    enum directory_result result = directory_has_workspace(service_of(exchange)->directory, self->workspace);

    if (!problems_workspace_ok(exchange, self->workspace, result))
        return false;
    if (!*webhook->workspace || strcmp(webhook->workspace, self->workspace) == 0)
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "Webhook \"%s\" is for workspace \"%s\" only.", webhook->id,
                     webhook->workspace);
    return false;
}

void admin_webhook_replay_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct replay_request request = {.exchange = exchange};

    if (json && read_workspace(&request, json) && read_since(&request, json) &&
        read_webhook(exchange, &request.webhook) && is_told_of(&request)) {
        const struct hook_replay replay = {request.webhook.id, request.workspace,
                                           *request.since ? request.since : NULL};
        presence_hook_replay(service_of(exchange)->presence, &replay, on_asked,
                             ask_new(exchange, "webhook.replay", request.workspace));
    }
    json_free(json);
}
