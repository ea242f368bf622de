/* SPDX-License-Identifier: ISC */
/* GET /v1/workspaces/{ws}/members: the members with name, role and status, a page at a time, sorted by user id. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/directory.h"
#include "presence/presence.h"

#include <string.h>

/* A request for a page, until the view is there. */
struct members_request {
    struct exchange *exchange; /* borrowed: owns this */
    const char *after;         /* borrowed from the exchange's query, or NULL */
    size_t limit;
};

/* A page while it is put together. */
struct page {
    struct buf body;
    const struct view *view;
    size_t count;
    size_t limit;
    char last[IDS_USER_MAX + 1];
    bool more;
};

static void add_member(void *ctx, const struct member_row *row)
{
    struct page *page = ctx;

    if (page->count == page->limit) {
        page->more = true;
        return;
    }
    buf_add_text(&page->body, page->count++ > 0 ? ",{" : "{");
    render_presence(&page->body, page->view, row->user);
    render_text(&page->body, ",name", row->name);
    render_text(&page->body, ",role", row->role);
    buf_add_char(&page->body, '}');
    strncpy(page->last, row->user, IDS_USER_MAX);
}

static void on_view(void *ctx, struct view *view)
{
    const struct members_request *self = ctx;
    struct exchange *exchange = self->exchange;
    struct page page = {.view = view, .limit = self->limit};

    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    buf_init(&page.body);
    buf_add_char(&page.body, '{');
    render_head(&page.body, "cursor", view);
    buf_add_text(&page.body, ",\"members\":[");
    enum directory_result result = directory_each_member(service_of(exchange)->directory, exchange->workspace,
                                                         self->after, page.limit + 1, add_member, &page);
    buf_add_char(&page.body, ']');
    if (page.more)
        render_text(&page.body, ",next", page.last);
    buf_add_text(&page.body, "}\n");
    spend_anyway(exchange, COST_WORK, page.count / COSTS_WORK_ROWS);
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page.body);
    buf_fini(&page.body);
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
