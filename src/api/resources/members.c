/* SPDX-License-Identifier: ISC */
/* GET /v1/workspaces/{ws}/members: who belongs here, with name, role and status, a page at a time by user id. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/directory.h"

#include <string.h>

/* A page being put together. */
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
    struct exchange *exchange = ctx;
    struct page page = {.view = view, .limit = (size_t)exchange->number};
    enum directory_result result;

    if (!view) {
        params_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    buf_init(&page.body);
    buf_add_char(&page.body, '{');
    render_head(&page.body, "cursor", view);
    buf_add_text(&page.body, ",\"members\":[");
    result = directory_each_member(service_of(exchange)->directory, exchange->workspace,
                                   query_get(&exchange->query, "after", NULL), page.limit + 1, add_member, &page);
    buf_add_char(&page.body, ']');
    if (page.more)
        render_text(&page.body, ",next", page.last);
    buf_add_text(&page.body, "}\n");
    service_charge(exchange, COST_WORK, page.count / COSTS_WORK_ROWS);
    if (params_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page.body);
    buf_fini(&page.body);
}

void members_get(struct exchange *exchange)
{
    const char *after;
    size_t limit;

    if (!params_limit(exchange, &limit) || !params_after(exchange, &after))
        return;
    exchange->number = (int64_t)limit;
    exchange->workspace = mem_text(exchange->path.segment[2]);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, exchange);
}
