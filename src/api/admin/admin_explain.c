/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/explain/{user}, or explain?user=: why a user has the status that they have, what others
 * see of them, and what changes next. It tells what is hidden from everybody else, so each look leaves an audit line.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/explanation.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/session_rows.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/mem.h"
#include "directory/members.h"
#include "directory/statuses.h"
#include "presence/presence.h"
#include "view/status.h"

#include <stdlib.h>
#include <string.h>

/* A request for it, until Redis has answered twice: which sessions there are, and what follows from them. */
struct explain {
    struct exchange *exchange; /* borrowed: owns this */
    struct listing sessions;
    enum status best; /* of the live sessions */
};

static void explain_free(void *state)
{
    struct explain *self = state;

    listing_fini(&self->sessions);
    free(self);
}

static void add_session(void *ctx, const struct session_row *row)
{
    struct explain *self = ctx;
    enum status status;

    session_rows_add(&self->sessions, self->exchange->user, row);
    if (session_rows_live(row) && status_parse(row->status, &status) && status > self->best)
        self->best = status;
}

static void ignore_member(void *ctx, const struct member_row *row)
{
    (void)ctx;
    (void)row;
}

/* What the directory has of it, while it is read. */
struct explain_answer {
    const struct explain *request;
    struct explanation facts;
    struct buf body;
};

static void on_row(void *ctx, const struct status_row *row)
{
    struct explain_answer *self = ctx;

    self->facts.row = row;
    if (self->request->exchange->plain)
        explanation_to_person(&self->facts, &self->body);
    else
        explanation_to_program(&self->facts, &self->body);
}

static void reply_body(struct exchange *exchange, struct buf *body)
{
    if (exchange->plain)
        exchange_reply_as(exchange, 200, "text/plain; charset=utf-8", NULL, blob_from_buf(body));
    else
        exchange_reply_buf(exchange, 200, body);
}

static void answer(struct explain *self, const struct presence_reply *reply)
{
    struct exchange *exchange = self->exchange;
    struct directory *directory = service_of(exchange)->directory;
    const struct status_row nothing = {.workspace = exchange->workspace, .user = exchange->user};
    struct explain_answer answer = {
        .request = self,
        .facts = {.sessions = &self->sessions, .best = self->best, .reply = reply},
    };

    answer.facts.member =
        directory_get_member(directory, exchange->workspace, exchange->user, ignore_member, NULL) == DIRECTORY_OK;
    buf_init(&answer.body);
    enum directory_result result =
        directory_get_status(directory, exchange->workspace, exchange->user, on_row, &answer);
    if (result == DIRECTORY_NOT_FOUND) {
        on_row(&answer, &nothing);
        result = DIRECTORY_OK;
    }
    if (problems_directory_ok(exchange, result))
        reply_body(exchange, &answer.body);
    buf_fini(&answer.body);
}

static void on_own(void *ctx, const struct presence_reply *reply)
{
    struct explain *self = ctx;

    if (problems_presence_ok(self->exchange, reply->result))
        answer(self, reply);
}

static void on_sessions(void *ctx, const struct presence_reply *reply)
{
    struct explain *self = ctx;
    struct exchange *exchange = self->exchange;

    if (problems_presence_ok(exchange, reply->result))
        presence_own(service_of(exchange)->presence, exchange->workspace, exchange->user, on_own, self);
}

void admin_explain_get(struct exchange *exchange)
{
    if (!params_known_workspace(exchange, 3, &exchange->workspace) || !params_user(exchange, 5, &exchange->user))
        return;
    audit(exchange, "explain", exchange->workspace, exchange->user);
    struct explain *self = mem_new(sizeof *self);
    self->exchange = exchange;
    self->best = STATUS_OFFLINE;
    listing_init(&self->sessions, exchange, "sessions", SIZE_MAX);
    exchange_keep(exchange, self, explain_free);
    presence_sessions(service_of(exchange)->presence, exchange->workspace, exchange->user,
                      &(struct session_reader){add_session, on_sessions, self});
}
