/* SPDX-License-Identifier: ISC */
/* See own_reply.h. */
#include "api/shared/own_reply.h"

#include "api/shared/own_render.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/mem.h"
#include "directory/statuses.h"
#include "http/etag.h"
#include "view/layers.h"
#include "view/status.h"

#include <stdio.h>
#include <stdlib.h>

enum { TAG_MAX = 32 }; /* "m<rev>", with quotes */

/* An answer while it is put together. */
struct own_answer {
    const struct presence_reply *reply;
    const char *none_match; /* or NULL: If-None-Match */
    char tag[TAG_MAX];
    struct buf body;
};

/* The ETag is that of what was said. It does not change with the sessions, nor with the time. */
static void add_row(void *ctx, const struct status_row *row)
{
    struct own_answer *self = ctx;
    const struct presence_reply *reply = self->reply;
    int64_t rev = layers_revision(row, reply->now_ms);
    struct buf *out = &self->body;

    snprintf(self->tag, sizeof self->tag, "\"m%lld\"", (long long)rev);
    if (etag_matches(self->none_match, self->tag))
        return;
    buf_add_char(out, '{');
    render_int(out, "rev", rev);
    render_text(out, ",status", status_name(reply->status));
    render_text(out, ",shown", status_name(reply->shown));
    own_render(out, row, reply->now_ms);
    render_int(out, ",now", reply->now_ms);
    buf_add_text(out, "}\n");
}

static void reply_answer(struct exchange *exchange, int status, struct own_answer *self)
{
    char headers[TAG_MAX + 16];

    snprintf(headers, sizeof headers, "ETag: %s\r\n", self->tag);
    if (self->body.len > 0)
        exchange_reply_as(exchange, status, "application/json", headers, blob_from_buf(&self->body));
    else
        exchange_reply_as(exchange, 304, NULL, headers, NULL);
}

static void answer(struct exchange *exchange, int status, const struct presence_reply *reply, const char *none_match)
{
    struct own_answer self = {.reply = reply, .none_match = none_match};
    const struct status_row nothing = {.workspace = exchange->workspace, .user = exchange->user};

    buf_init(&self.body);
    enum directory_result result =
        directory_get_status(service_of(exchange)->directory, exchange->workspace, exchange->user, add_row, &self);
    if (result == DIRECTORY_NOT_FOUND) {
        add_row(&self, &nothing);
        result = DIRECTORY_OK;
    }
    if (problems_directory_ok(exchange, result))
        reply_answer(exchange, status, &self);
    buf_fini(&self.body);
}

void own_reply_with(struct exchange *exchange, int status, const struct presence_reply *reply)
{
    answer(exchange, status, reply, NULL);
}

/* ---- reading ---- */

/* A request for it, until Redis answers. */
struct own_request {
    struct exchange *exchange; /* borrowed: owns this */
    char *none_match;          /* owned, or NULL */
};

static void request_free(void *state)
{
    struct own_request *self = state;

    free(self->none_match);
    free(self);
}

static void on_own(void *ctx, const struct presence_reply *reply)
{
    struct own_request *self = ctx;

    if (problems_presence_ok(self->exchange, reply->result))
        answer(self->exchange, 200, reply, self->none_match);
}

void own_reply(struct exchange *exchange)
{
    struct own_request *self = mem_new(sizeof *self);

    *self = (struct own_request){exchange, mem_text(exchange_header(exchange, "HTTP_IF_NONE_MATCH"))};
    exchange_keep(exchange, self, request_free);
    presence_own(service_of(exchange)->presence, exchange->workspace, exchange->user, on_own, self);
}

/* ---- settings ---- */

/* Of a user who has set none: what is 0. */
struct settings {
    enum last_seen last_seen;
    bool hides_typing;
};

static void take_settings(void *ctx, const struct status_row *row)
{
    struct settings *self = ctx;

    self->last_seen = row->last_seen;
    self->hides_typing = row->hides_typing;
}

void own_reply_settings(struct exchange *exchange)
{
    struct settings settings = {0};
    enum directory_result result = directory_get_status(service_of(exchange)->directory, exchange->workspace,
                                                        exchange->user, take_settings, &settings);
    struct buf body;

    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result))
        return;
    buf_init(&body);
    buf_add_char(&body, '{');
    render_text(&body, "last_seen", last_seen_name(settings.last_seen));
    render_bool(&body, ",typing", !settings.hides_typing);
    buf_add_text(&body, "}\n");
    exchange_reply_buf(exchange, 200, &body);
    buf_fini(&body);
}
