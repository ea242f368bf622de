/* SPDX-License-Identifier: ISC */
/* GET /v1/workspaces/{ws}/counts: how many members there are, and what they are to others. */
#include "api/shared/handlers.h"

#include "api/shared/census.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/unmodified.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/mem.h"
#include "presence/presence.h"

#include <stdlib.h>

/* What was asked, until the view is there. */
struct counts_request {
    struct exchange *exchange; /* borrowed: owns this */
    char *none_match;          /* owned, or NULL: If-None-Match */
};

static void request_free(void *state)
{
    struct counts_request *self = state;

    free(self->none_match);
    free(self);
}

static void reply(struct exchange *exchange, const struct view *view, const char *headers)
{
    struct buf body;

    buf_init(&body);
    buf_add_char(&body, '{');
    render_head(&body, view, presence_shown_ms(service_of(exchange)->presence, exchange->workspace));
    buf_add_char(&body, ',');
    view_append_counts(view, &body);
    buf_add_text(&body, "}\n");
    exchange_reply_as(exchange, 200, "application/json", headers, blob_from_buf(&body));
    buf_fini(&body);
}

static void on_view(void *ctx, struct view *view)
{
    const struct counts_request *self = ctx;
    struct exchange *exchange = self->exchange;
    char header[UNMODIFIED_HEADER_MAX];

    if (!view)
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
    else if (!census_take(service_of(exchange), view))
        exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                         "The directory is unavailable, so members cannot be counted. Try again.");
    else if (!unmodified_reply(exchange, view, self->none_match, header))
        reply(exchange, view, header);
}

void counts_get(struct exchange *exchange)
{
    struct counts_request *self = mem_new(sizeof *self);

    self->exchange = exchange;
    self->none_match = mem_text(exchange_header(exchange, "HTTP_IF_NONE_MATCH"));
    exchange_keep(exchange, self, request_free);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, self);
}
