/* SPDX-License-Identifier: ISC */
/* GET /v1/workspaces/{ws}/members: the members with name, role and status, a page at a time, sorted by user id. */
#include "api/shared/handlers.h"

#include "api/shared/census.h"
#include "api/shared/page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "base/mem.h"
#include "directory/members.h"
#include "presence/presence.h"

#include <string.h>

/* A request for a page, until the view is there. */
struct members_request {
    struct exchange *exchange; /* borrowed: owns this */
    const char *after;         /* borrowed from the exchange's query, or NULL */
    size_t limit;
};

/* A page while it is put together. */
struct members_page {
    struct page page;
    const struct view *view;
    struct view_reader reader;
};

static void add_member(void *ctx, const struct member_row *row)
{
    struct members_page *self = ctx;
    struct buf *out = &self->page.body;

    if (!page_row(&self->page))
        return;
    render_presence(out, self->view, row->user, &self->reader);
    render_text(out, ",name", row->name);
    render_text(out, ",role", row->role);
    page_end_row_text(&self->page, row->user, strlen(row->user));
}

static void on_view(void *ctx, struct view *view)
{
    const struct members_request *self = ctx;
    struct exchange *exchange = self->exchange;
    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    struct members_page members = {.view = view,
                                   .reader = census_reader(service_of(exchange), view, exchange->caller.user)};
    struct page *page = &members.page;
    page_init(page, self->limit);
    buf_add_char(&page->body, '{');
    render_head(&page->body, view, members.reader.now_ms);
    page_open(page, ",members");
    const struct member_range range = {exchange->workspace, self->after, self->limit + 1};
    enum directory_result result = directory_each_member(service_of(exchange)->directory, &range, add_member, &members);
    page_close(page);
    spend_anyway(exchange, COST_WORK, page->rows / COSTS_WORK_ROWS);
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page->body);
    page_fini(page);
}

void members_get(struct exchange *exchange)
{
    const char *after;
    size_t limit;

    if (!params_limit(exchange, &limit) || !params_after(exchange, &after))
        return;
    struct members_request *self = mem_new(sizeof *self);
    *self = (struct members_request){exchange, after, limit};
    exchange_keep(exchange, self, NULL);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, self);
}
